"""Keeps the standard streams from failing, so that nobody who hangs up stops what a command does."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDOUT, _STDERR = 1, 2


class Outlet(io.FileIO):
    """A standard stream that never fails: after a failure it takes what comes to nowhere."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._has_failed = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write what the stream takes; after a failure nothing, for a gap would look like a whole."""
        if not self._has_failed:
            try:
                return super().write(data)
            except OSError:
                self._has_failed = True
        return memoryview(data).nbytes


def open_streams() -> None:
    """Let no stream fail from now on."""
    sys.stdout = _text(Outlet(_STDOUT), sys.stdout)
    sys.stderr = _text(Outlet(_STDERR), sys.stderr)


def _text(outlet: Outlet, before: TextIO) -> TextIO:
    """The stream of text into `outlet`, encoded as Python found fit for the one before."""
    return io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding=before.encoding,
        errors=before.errors,
        newline="\n",
        line_buffering=True,
    )
