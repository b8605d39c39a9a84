"""SHA-256 taken by a second thread, while the first one reads or writes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BATCH = 1 << 20  # bytes that are handed over at once, since each handing over costs as much as hashing 30 kB
_WAITING = 2
"""Batches that wait for their turn; more would leave the processor's cache, and take new memory."""


class BackgroundHash:
    """Hashes of one content after another, in the order in which pieces are added."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1)
        self._room = BoundedSemaphore(_WAITING)
        self._digest = hashlib.sha256()
        self._batch: list[Buffer] = []
        self._size = 0
        self._is_handed_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._threads.shutdown(wait=True)

    def add(self, piece: Buffer) -> None:
        """Hash a piece; where the hash is slower than its caller, the caller waits."""
        self._batch.append(piece)
        self._size += memoryview(piece).nbytes
        if self._size >= _BATCH:
            self._hand_over()

    def finish(self) -> str:
        """The digest of what was added, in hexadecimal; what is added now begins another one."""
        if self._is_handed_over:
            self._hand_over()
            self._threads.submit(int).result()  # everything before this is done
        for piece in self._batch:
            self._digest.update(piece)
        digest, self._digest = self._digest.hexdigest(), hashlib.sha256()
        self._batch, self._size, self._is_handed_over = [], 0, False
        return digest

    def _hand_over(self) -> None:
        self._room.acquire()
        self._threads.submit(self._update, self._batch)
        self._batch, self._size, self._is_handed_over = [], 0, True

    def _update(self, batch: list[Buffer]) -> None:
        for piece in batch:
            self._digest.update(piece)
        self._room.release()
