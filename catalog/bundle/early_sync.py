"""Has the disk take what was written while more is being written, so that little is left to wait for."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from concurrent.futures import Future

_STRIDE = 64 * 1024 * 1024
"""Bytes between two requests: the kernel by itself waits until a tenth of the memory is full of them."""


class EarlySync:
    """Syncs the file behind `descriptor` after every `stride` bytes or more, in a thread of its own.

    The last bytes are the caller's to sync. What the disk refuses comes out of `wrote` or of the end of the
    block: the kernel reports it once, so a later sync would not say it again.
    """

    def __init__(self, descriptor: int, stride: int = _STRIDE) -> None:
        self._descriptor = descriptor
        self._stride = stride
        self._threads = ThreadPoolExecutor(1)
        self._running: Future[None] | None = None
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        self._threads.shutdown(wait=True)
        if self._running is not None and failure is None:
            self._running.result()

    def wrote(self, size: int) -> None:
        """Note that `size` more bytes were written.

        Raises:
            OSError: the disk refused some of what was written before.
        """
        self._size += size
        if self._size >= self._stride and (self._running is None or self._running.done()):
            if self._running is not None:
                self._running.result()
            self._running = self._threads.submit(os.fdatasync, self._descriptor)
            self._size = 0
