"""SHA-256 taken by a second thread, while the first one reads or writes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from typing_extensions import Buffer

_WAITING = 64  # pieces that wait for their turn, each of at most a mebibyte


class BackgroundHash:
    """Hashes of one content after another, in the order in which pieces are added."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1)
        self._room = BoundedSemaphore(_WAITING)
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._threads.shutdown(wait=True)

    def add(self, piece: Buffer) -> None:
        """Hash a piece; where the hash is slower than its caller, the caller waits."""
        self._room.acquire()
        self._threads.submit(self._update, piece)

    def finish(self) -> str:
        """The digest of what was added, in hexadecimal; what is added now begins another one."""
        return self._threads.submit(self._take).result()

    def _update(self, piece: Buffer) -> None:
        self._digest.update(piece)
        self._room.release()

    def _take(self) -> str:
        digest, self._digest = self._digest.hexdigest(), hashlib.sha256()
        return digest
