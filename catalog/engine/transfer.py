"""Moves image bytes between us and an engine's program, for as long as something moves.

There is no limit in total, since an image may be of any size and a network slow; but a program that neither
takes nor gives a byte for a while is ended.
"""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, TYPE_CHECKING

from catalog.engine.program import Finished, listen_to_errors, listen_to_output, started, too_slow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalog.engine.program import Command, Tail
    from catalog.errors import CatalogError

_PIPE_BYTES = 1024 * 1024
_POLL_SECONDS = 0.2


class OutputStream:
    """What a program writes to stdout, and at the end its verdict."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        command: Command,
        idle_seconds: float,
        failure: Callable[[str], CatalogError],
    ) -> None:
        self._process = process
        self._command = command
        self._idle_seconds = idle_seconds
        self._failure = failure
        self._said = listen_to_errors(process)
        assert process.stdout is not None  # noqa: S101  `started` opens it
        self._pipe = process.stdout.fileno()
        _widen(self._pipe)

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, fewer only at the end.

        Raises:
            MissingError: the program failed, or nothing came for too long. What it wrote before is not to be
                trusted then, so the last bytes are not handed out.
        """
        parts = []
        while size > 0:
            part = self._next(size)
            if not part:
                self._verdict()
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Wait until nobody reads from the program any more."""
        self._said.text()

    def _next(self, size: int) -> bytes:
        if not _ready(self._pipe, select.POLLIN, self._idle_seconds):
            raise too_slow(self._command, self._idle_seconds)
        return os.read(self._pipe, size)

    def _verdict(self) -> None:
        try:
            exit_code = self._process.wait(self._idle_seconds)
        except subprocess.TimeoutExpired:
            raise too_slow(self._command, self._idle_seconds) from None
        if exit_code:
            raise self._failure(self._said.text())


@contextmanager
def output_of(
    command: Command, idle_seconds: float, failure: Callable[[str], CatalogError]
) -> Iterator[OutputStream]:
    """A program's stdout as a stream; the program ends with the block.

    Args:
        command: what to run; its stdin is empty.
        idle_seconds: how long it may be silent.
        failure: makes the error of a program that ends with another exit code than 0, from its stderr.
    """
    with ExitStack() as last, started(command) as process:
        stream = OutputStream(process, command, idle_seconds, failure)
        last.callback(stream.close)  # once the program has ended, since its end ends the waiting
        yield stream


def watch(command: Command, idle_seconds: float) -> Finished:
    """Run a program that tells of its progress while it works.

    Raises:
        MissingError: it cannot be started, or says nothing for `idle_seconds`.
    """
    with started(command) as process:
        return _wait(process, command, idle_seconds, _tails(process))


def feed(command: Command, chunks: Iterator[bytes], idle_seconds: float) -> Finished:
    """Run a program with `chunks` as its stdin; one that wants no more of them is let finish.

    Raises:
        MissingError: it cannot be started, or takes and says nothing for `idle_seconds`.
    """
    with started(command, stdin=subprocess.PIPE) as process:
        tails = _tails(process)
        assert process.stdin is not None  # noqa: S101  PIPE was asked for
        with suppress(BrokenPipeError):
            _write(process.stdin, chunks, command, idle_seconds)
        process.stdin.close()
        return _wait(process, command, idle_seconds, tails)


def _tails(process: subprocess.Popen[bytes]) -> tuple[Tail, Tail]:
    return listen_to_output(process), listen_to_errors(process)


def _write(pipe: IO[bytes], chunks: Iterator[bytes], command: Command, idle_seconds: float) -> None:
    number = pipe.fileno()
    _widen(number)
    os.set_blocking(number, False)
    for chunk in chunks:
        left = memoryview(chunk)
        while left:
            if not _ready(number, select.POLLOUT, idle_seconds):
                raise too_slow(command, idle_seconds)
            with suppress(BlockingIOError):
                left = left[os.write(number, left) :]


def _wait(
    process: subprocess.Popen[bytes], command: Command, idle_seconds: float, tails: tuple[Tail, Tail]
) -> Finished:
    begun = time.monotonic()
    while True:
        try:
            exit_code = process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            last_heard = max(begun, *(tail.last_heard for tail in tails))
            if time.monotonic() - last_heard > idle_seconds:
                raise too_slow(command, idle_seconds) from None
        else:
            output, errors = tails
            return Finished(exit_code, output.text().encode(), errors.text())


def _ready(number: int, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(number, event)
    return bool(poll.poll(seconds * 1000))


def _widen(number: int) -> None:
    """A wide pipe lets the engine write on while we hash; where it is not allowed, a narrow one does too."""
    with suppress(AttributeError, OSError):
        fcntl.fcntl(number, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
