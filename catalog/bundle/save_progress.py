"""Adds up what several archives have given, tells it, and passes on the wish to stop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from catalog.model.quantity import quantity

if TYPE_CHECKING:
    from catalog.engine.engine import ByteStream

_STEP = 4 * 1024 * 1024


class ByteProgress(Protocol):
    """Hears of a step: its label, the bytes done, the bytes in total if known."""

    def __call__(self, label: str, done: int, total: int | None, /) -> None:
        """Take note."""


class AbandonedError(Exception):
    """Another archive has failed, so this one is not read on; nobody gets to see it."""


class SaveProgress:
    """The bytes of all archives together; `expected` is a guess, made larger when it proves too small."""

    def __init__(self, listener: ByteProgress, images: int, expected: int) -> None:
        self._listener = listener
        self._label = f"Saving {quantity(images, 'image')}"
        self._expected = expected
        self._turn = threading.Lock()
        self._done = 0
        self._told = 0
        self._stopped = False
        listener(self._label, 0, expected)

    def counted(self, stream: ByteStream) -> ByteStream:
        """The stream, whose bytes are counted as they are read; it ends with AbandonedError after `stop`."""
        return _Counted(stream, self)

    def add(self, size: int) -> None:
        """So many bytes more have come.

        Raises:
            AbandonedError: nobody needs them.
        """
        if self._stopped:
            raise AbandonedError
        with self._turn:
            self._done += size
            if self._done - self._told >= _STEP:
                self._told = self._done
                self._listener(self._label, self._done, max(self._done, self._expected))

    def stop(self) -> None:
        """Read no archive any further."""
        self._stopped = True

    def finish(self) -> None:
        """Every archive has been read."""
        self._listener(self._label, self._done, self._done)


class _Counted:
    def __init__(self, stream: ByteStream, progress: SaveProgress) -> None:
        self._stream = stream
        self._progress = progress

    def read(self, size: int, /) -> bytes:
        content = self._stream.read(size)
        self._progress.add(len(content))
        return content
