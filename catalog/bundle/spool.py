"""Holds the small files of a bundle until they are packed: in memory, and past a limit on the disk."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.bundle.output import staging
from catalog.bundle.packed import PackedFile
from catalog.errors import MissingError
from catalog.model.file_tree import CopyOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.file_tree import TreeFile

LIMIT = 32 * 1024 * 1024
"""Bytes that are held in memory."""


@contextmanager
def open_spool(folder: Path, limit: int = LIMIT) -> Iterator[Spool]:
    """A spool whose larger files lie in `folder` until the block ends.

    Raises:
        MissingError: the disk refuses.
    """
    with staging(folder, "spool") as place:
        yield Spool(place, limit)


class Spool:
    """Takes files of a tree and gives back packed ones; past `limit` bytes they are kept in `place`."""

    def __init__(self, place: Path, limit: int) -> None:
        self._place = place
        self._room = limit
        self._count = 0

    def take(self, file: TreeFile) -> PackedFile:
        """The file with its size and digest.

        Raises:
            MissingError: it cannot be read, or the disk refuses.
        """
        try:
            content = _content(file)
            digest = hashlib.sha256(content).hexdigest()
            return PackedFile(str(file.path), self._kept(content), len(content), digest)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise MissingError(
                f"{error.filename or file.path} cannot be packed: {reason}.",
                "Check the permissions and the free space (df -h), then run the command again.",
            ) from error

    def _kept(self, content: bytes) -> bytes | Path:
        if len(content) <= self._room:
            self._room -= len(content)
            return content
        path = self._place / str(self._count)
        self._count += 1
        path.write_bytes(content)
        return path


def _content(file: TreeFile) -> bytes:
    return Path(file.content.path).read_bytes() if isinstance(file.content, CopyOf) else file.content
