"""Runs a command as a whole process tree, timing it or watching its memory."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SAMPLE_SECONDS = 0.02
MARK = "CATALOG_MEASURED_RUN"
SHOWN = 2000  # characters of a failed program's own words


@dataclass(frozen=True, slots=True)
class Timing:
    """One run: wall seconds, and CPU seconds (user and system) of the process and all it waited for."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Peak:
    """The most that one run needed, in megabytes.

    `largest` is the memory of its largest process, `together` of all processes at one time, `disk` what the
    watched folders held above what they held before.
    """

    largest: float
    together: float
    disk: float


class CommandFailedError(Exception):
    """A command that was to be measured failed; the text holds what it said."""


def timed(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Timing:
    """Run a command whose stdout does not matter.

    What earlier runs left to write is written first, so that this one does not pay for it.

    Raises:
        CommandFailedError: its exit code is not 0.
    """
    os.sync()
    start = time.perf_counter()
    with tempfile.TemporaryFile() as complaints, _spawned(command, environment, complaints) as process:
        status, usage = os.wait4(process.pid, 0)[1:]
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        _check(process, command, complaints)
    return Timing(seconds, usage.ru_utime + usage.ru_stime)


def peak_of(
    command: Sequence[str], environment: Mapping[str, str] | None = None, folders: Sequence[Path] = ()
) -> Peak:
    """Run a command and look at its processes' memory, and at `folders`, fifty times a second.

    Memory that processes share counts once in `together`. It is sampled, so a peak shorter than a sample may
    be missed there; `largest` is the kernel's own high-water mark of every process that was seen.

    Raises:
        CommandFailedError: its exit code is not 0.
    """
    largest = together = disk = 0
    before = sum(map(_allocated, folders))
    mark = secrets.token_hex(8)
    given = {**(os.environ if environment is None else environment), MARK: mark}
    with tempfile.TemporaryFile() as complaints, _spawned(command, given, complaints) as process:
        while process.poll() is None:
            pids = list(marked(mark))
            largest = max([largest, *(_kibibytes(pid, "status", "VmHWM") for pid in pids)])
            together = max(together, sum(_kibibytes(pid, "smaps_rollup", "Pss") for pid in pids))
            disk = max(disk, sum(map(_allocated, folders)) - before)
            time.sleep(SAMPLE_SECONDS)
        _check(process, command, complaints)
    return Peak(largest * 1024 / 1e6, together * 1024 / 1e6, disk / 1e6)


def _allocated(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # files come and go while the command runs
                total += Path(place, name).lstat().st_blocks * 512  # the unit of stat(2)
    return total


def _spawned(
    command: Sequence[str], environment: Mapping[str, str] | None, complaints: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
    )


def _check(process: subprocess.Popen[bytes], command: Sequence[str], complaints: IO[bytes]) -> None:
    if process.returncode:
        complaints.seek(0)
        said = complaints.read().decode(errors="replace")[-SHOWN:]
        raise CommandFailedError(f"failed ({process.returncode}): {' '.join(command)}\n{said}")


def marked(mark: str) -> Iterator[int]:
    """The ids of the processes that have this mark, a value of MARK, in the environment they were given.

    A process that leaves its parent, group or session keeps it.
    """
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it ended, or is another user's
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    yield int(folder.name)


def _kibibytes(pid: int, file: str, key: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1])
    return 0
