"""Runs one program in a process group of its own, which ends when the caller goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec import Struct, field

from catalog.engine.held_signals import held_signals
from catalog.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GRACE_SECONDS = 3.0
"""How long a program may take to end by itself once it is told to."""
_POLL_SECONDS = 0.01
_TAIL_BYTES = 64 * 1024
_JOIN_SECONDS = 1.0  # a helper of the engine may keep a pipe open longer than the engine lives


class Command(Struct, frozen=True):
    """A program with its arguments, and the environment that it gets."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class Finished(Struct, frozen=True):
    """What a program left behind."""

    exit_code: int
    stdout: bytes
    stderr: str


class Tail:
    """Reads a pipe to its end in a thread, so that it never fills up, and keeps the last of it.

    The pipe is the thread's own from then on, and closed by it.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self.last_heard = time.monotonic()
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._drain, args=(pipe,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What was said, once the program has ended."""
        self._thread.join(_JOIN_SECONDS)
        return bytes(self._kept).decode("utf-8", "replace")

    def _drain(self, pipe: IO[bytes]) -> None:
        with pipe:
            while chunk := pipe.read(_TAIL_BYTES):
                self.last_heard = time.monotonic()
                self._kept += chunk
                del self._kept[:-_TAIL_BYTES]


def run(command: Command, seconds: float) -> Finished:
    """Run a program to its end and keep all that it prints; its stdin is empty.

    Raises:
        MissingError: it cannot be started, or took longer than `seconds`.
    """
    with started(command) as process:
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise too_slow(command, seconds) from None
    return Finished(process.returncode, stdout, stderr.decode("utf-8", "replace"))


@contextmanager
def started(command: Command, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs while the block does, with pipes for stdout and stderr.

    However the block is left, the program and what it started are ended then.

    Raises:
        MissingError: it cannot be started.
    """
    process = None
    try:
        with held_signals():
            process = _start(command, stdin)
        yield process
    finally:
        if process is not None:
            with held_signals():
                _end(process)
                for opened in (process.stdin, process.stdout, process.stderr):
                    if opened is not None:
                        opened.close()


def listen_to_errors(process: subprocess.Popen[bytes]) -> Tail:
    """What the program says on stderr, from now on."""
    pipe, process.stderr = process.stderr, None
    return Tail(_there(pipe))


def listen_to_output(process: subprocess.Popen[bytes]) -> Tail:
    """What the program says on stdout, from now on."""
    pipe, process.stdout = process.stdout, None
    return Tail(_there(pipe))


def too_slow(command: Command, seconds: float) -> MissingError:
    """The failure of a program that nothing is heard from."""
    return MissingError(
        f"'{_shown(command)}' gave no answer for {seconds:.0f} seconds",
        "Look whether the engine is busy or hangs; restart it if so",
    )


def _start(command: Command, stdin: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.arguments,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=command.environment,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end the program in order
        )
    except (OSError, ValueError) as error:
        raise _not_started(command, error) from error


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("somebody else reads this pipe")
    return pipe


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end, and make it end after a while."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    # Its number is not given to another program as long as nobody has asked for its exit code.
    while not _has_ended(process.pid) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _not_started(command: Command, error: OSError | ValueError) -> MissingError:
    program = command.arguments[0]
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return MissingError(f"The program '{program}' cannot be started: {reason}", "Install it, or name another")


def _shown(command: Command) -> str:
    """The program's name and its subcommand: options and long lists of images say nothing."""
    program, *words = command.arguments[:3]
    return " ".join([Path(program).name, *(word for word in words if not word.startswith("-"))])
