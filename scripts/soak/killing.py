"""Kills a command with SIGKILL at random moments, and asks a trial what that did.

In: a `Trial`, which knows how to begin afresh, what to run, and what must hold afterwards. Out: a `Record` of
how many runs were really killed and everything that did not hold. The moments depend on the seed and on how
long the command takes here.
"""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from scripts.bench.processes import MARK, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SETTLING_SECONDS = 15.0  # what a killed command started must end by itself within this time
LONGEST_SECONDS = 120.0
SHOWN = 600  # characters of a failed program's own words


class Trial(Protocol):
    """A command that may be killed at any moment."""

    @property
    def name(self) -> str:
        """What the record calls it."""

    def begin(self) -> None:
        """Bring everything to where the command has all its work before it."""

    def command(self) -> Sequence[str]:
        """What to run, and to kill."""

    def environment(self) -> Mapping[str, str]:
        """Its environment."""

    def after_kill(self) -> list[str]:
        """What does not hold once the command was killed."""

    def after_success(self) -> list[str]:
        """What does not hold once the same command then ran to its end."""


@dataclass(frozen=True, slots=True)
class Record:
    """What came of a trial: `killed` of `runs` ended by our signal, the others were done before it.

    Without kills, `killed` and `seed` are None.
    """

    name: str
    runs: int
    problems: tuple[str, ...]
    seconds: float
    killed: int | None = None
    seed: int | None = None


def kill_often(trial: Trial, runs: int, seed: int, settling_seconds: float = SETTLING_SECONDS) -> Record:
    """Run, kill and repeat the trial's command `runs` times; the first problem ends it.

    `settling_seconds` is how long what a killed command had started may still run.
    """
    source = random.Random(seed)  # noqa: S311  the moments need no secrecy
    start, killed, problems = time.monotonic(), 0, list[str]()
    usual = _usual_seconds(trial, problems)
    for number in range(runs):
        if problems:
            break  # the first broken run is the one to look at; what follows would only repeat it
        trial.begin()
        after = source.uniform(0, usual)
        mark = secrets.token_hex(8)
        killed += _killed_run(trial, after, mark, everything=number % 2 == 1)
        problems += _still_running(mark, settling_seconds)
        problems += trial.after_kill()
        problems += _finished_run(trial)
        problems[:] = [_placed(problem, number, after) for problem in problems]
    return Record(trial.name, runs, tuple(problems), time.monotonic() - start, killed, seed)


def _usual_seconds(trial: Trial, problems: list[str]) -> float:
    trial.begin()
    start = time.monotonic()
    problems += _finished_run(trial)
    return time.monotonic() - start


def _placed(problem: str, number: int, after: float) -> str:
    return f"run {number}, killed after {after:.3f} s: {problem}"


def _killed_run(trial: Trial, after: float, mark: str, *, everything: bool) -> bool:
    """Kill the command's first process, or all it started too; tells whether it still ran."""
    with subprocess.Popen(
        trial.command(),
        env={**trial.environment(), MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after)
        was_running = process.poll() is None
        if was_running:
            process.kill()
            _end(marked(mark) if everything else ())
    return was_running


def _still_running(mark: str, seconds: float) -> list[str]:
    """What the command started has to end by itself; what does not is ended, and is a problem."""
    deadline = time.monotonic() + seconds
    while (left := list(marked(mark))) and time.monotonic() < deadline:
        time.sleep(0.02)
    _end(left)
    return (
        [f"{len(left)} processes that the command had started still ran {seconds:.0f} s later"]
        if left
        else []
    )


def _end(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _finished_run(trial: Trial) -> list[str]:
    mark = secrets.token_hex(8)
    with tempfile.TemporaryFile() as said:
        try:
            done = subprocess.run(
                trial.command(),
                env={**trial.environment(), MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                check=False,
                timeout=LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            _end(marked(mark))
            return [f"the next run did not end within {LONGEST_SECONDS:.0f} s"]
        said.seek(0)
        if done.returncode:
            words = said.read().decode(errors="replace")[-SHOWN:]
            return [f"the next run failed ({done.returncode}): {words}"]
    return trial.after_success()
