"""Runs a program and hands on what it says, line by line, until it ends, is stopped or takes too long."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from collections import deque
from typing import IO, TYPE_CHECKING

from msgspec import Struct, field

from catalog.engine.program import started, too_slow
from catalog.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalog.engine.building import Listener
    from catalog.engine.program import Command

_POLL_SECONDS = 0.2
_READ_BYTES = 64 * 1024
_LONGEST_LINE = 4000  # characters; what comes after is cut, so that no output can fill our memory
_KEPT_LINES = 200
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""What engines put around the lines of a failing step, whether or not anybody's terminal shows colours."""
_ENDING_SECONDS = 5.0


class Heard(Struct, frozen=True):
    """How a program ended, and the last lines that it said; `timed_out` when it was not let finish."""

    exit_code: int
    said: str
    timed_out: bool = False


def follow(command: Command, listener: Listener, idle_seconds: float, seconds: float | None = None) -> Heard:
    """Run a program; its lines on stdout and stderr go to the listener in the order in which they come.

    Args:
        command: what to run; its stdin is empty.
        listener: who hears it.
        idle_seconds: how long it may be silent.
        seconds: how long it may take in all, None for as long as it likes.

    Raises:
        MissingError: it cannot be started, or was silent for too long.
        StoppedError: the listener asked to stop.
    """
    kept: deque[str] = deque(maxlen=_KEPT_LINES)

    def hear(text: str) -> None:
        kept.append(text)
        listener.line(text)

    with started(command) as process:
        clock = _Clock(idle_seconds, seconds)
        for something in _pieces(process, hear):
            if something:
                clock.restart()
            if listener.is_stopped():
                raise StoppedError
            if clock.is_over:
                return Heard(-1, "\n".join(kept), timed_out=True)
            if clock.is_silent:
                raise too_slow(command, idle_seconds)
        exit_code = _exit_code(process)
    return Heard(exit_code, "\n".join(kept))


class _Clock:
    """When a program has taken too long, in all or since it was last heard."""

    def __init__(self, idle_seconds: float, seconds: float | None) -> None:
        self._idle_seconds = idle_seconds
        self._begun = self._last = time.monotonic()
        self._seconds = seconds

    def restart(self) -> None:
        self._last = time.monotonic()

    @property
    def is_over(self) -> bool:
        return self._seconds is not None and time.monotonic() - self._begun > self._seconds

    @property
    def is_silent(self) -> bool:
        return time.monotonic() - self._last > self._idle_seconds


class _Pipe(Struct):
    """Cuts what comes out of one pipe into lines."""

    hear: Callable[[str], None]
    rest: bytes = b""
    is_cut: bool = field(default=False)

    def take(self, chunk: bytes) -> None:
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self.rest) > 4 * _LONGEST_LINE:
            self._say(self.rest)
            self.rest, self.is_cut = b"", True

    def end(self) -> None:
        if self.rest:
            self._say(self.rest)

    def _say(self, line: bytes) -> None:
        if self.is_cut:  # the end of a line whose beginning was handed on
            self.is_cut = False
            return
        text = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
        self.hear(_COLOUR.sub("", text[:_LONGEST_LINE]))


def _pieces(process: subprocess.Popen[bytes], hear: Callable[[str], None]) -> Iterator[bool]:
    """Whether something was heard, again and again until both pipes are closed or the program has ended."""
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, _Pipe(hear))
        while selector.get_map():
            ready = selector.select(_POLL_SECONDS)
            for key, _ in ready:
                _read(selector, key)
            yield bool(ready)
            if not ready and process.poll() is not None:  # a helper of the engine may keep a pipe open
                return


def _read(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]  # registered above
    chunk = os.read(pipe.fileno(), _READ_BYTES)
    if chunk:
        key.data.take(chunk)
    else:
        selector.unregister(pipe)
        key.data.end()


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:  # it closed its pipes and lives on: it is ended with the block
        return -1
