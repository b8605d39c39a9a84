"""Keeps the standard streams open, so that nobody who hangs up stops what a command does."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDIN, _STDOUT, _STDERR = range(3)


class Outlet(io.FileIO):
    """A standard stream that never fails: `failure` says why nothing more can be written to it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what the stream takes; after a failure nothing, for a gap would look like a whole."""
        if self.failure is None:
            try:
                return self._taken(data)
            except OSError as error:
                self.failure = error
        return memoryview(data).nbytes

    def _taken(self, data: ReadableBuffer) -> int:
        """How many bytes the stream took; other programs may have left it so that it does not wait."""
        while (taken := super().write(data)) is None:
            select.select([], [self], [])
        return taken

    def lost(self) -> str:
        """Why somebody misses what was written; empty if nobody does, as when the reader has hung up."""
        if self.failure is None or self.failure.errno == errno.EPIPE:
            return ""
        return os.strerror(self.failure.errno) if self.failure.errno else str(self.failure)


def open_streams() -> Outlet:
    """Open what was closed, and let no stream fail from now on; where standard output goes."""
    for descriptor in (_STDIN, _STDOUT, _STDERR):
        _keep_taken(descriptor)
    if sys.stdin is None:  # Python's word for a stream that was closed
        sys.stdin = io.TextIOWrapper(io.FileIO(_STDIN, closefd=False), encoding="utf-8")
    output = Outlet(_STDOUT)
    sys.stdout = _text(output, sys.stdout)
    sys.stderr = _text(Outlet(_STDERR), sys.stderr)
    return output


def _keep_taken(descriptor: int) -> None:
    """Fill a closed descriptor, or the next file that is opened gets it, and what we say lands in there."""
    try:
        os.fstat(descriptor)
    except OSError:
        lowest = os.open(os.devnull, os.O_RDWR)  # of the free numbers, so it is this one
        os.set_inheritable(lowest, True)  # noqa: FBT003  # it takes no keywords


def _text(outlet: Outlet, before: TextIO | None) -> TextIO:
    """The stream of text into `outlet`, encoded as Python found fit for the one before."""
    return io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding=before.encoding if before else "utf-8",
        errors=before.errors if before else "backslashreplace",
        newline="\n",
        line_buffering=before.line_buffering if isinstance(before, io.TextIOWrapper) else False,
    )
