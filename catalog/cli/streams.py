"""Keeps the standard streams from failing, so that nobody who hangs up stops what a command does."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDOUT, _STDERR = 1, 2


class Outlet(io.FileIO):
    """A standard stream that never fails: `failure` says why nothing more can be written to it."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what the stream takes; after a failure nothing, for a gap would look like a whole."""
        if self.failure is None:
            try:
                return super().write(data)
            except OSError as error:
                self.failure = error
        return memoryview(data).nbytes

    def lost(self) -> str:
        """Why somebody misses what was written; empty if nobody does, as when the reader has hung up."""
        if self.failure is None or self.failure.errno == errno.EPIPE:
            return ""
        return os.strerror(self.failure.errno) if self.failure.errno else str(self.failure)


def open_streams() -> Outlet:
    """Let no stream fail from now on; where standard output goes."""
    output = Outlet(_STDOUT)
    sys.stdout = _text(output, sys.stdout)
    sys.stderr = _text(Outlet(_STDERR), sys.stderr)
    return output


def _text(outlet: Outlet, before: TextIO) -> TextIO:
    """The stream of text into `outlet`, encoded as Python found fit for the one before."""
    return io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding=before.encoding,
        errors=before.errors,
        newline="\n",
        line_buffering=True,
    )
