"""Finds the files inside a packed bundle by their place, since stored blocks keep content where it is.

Only the form is looked at here; whoever takes a content checks its digest.
"""

from __future__ import annotations

import os
import tarfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.output import open_regular, read_errors
from catalog.bundle.sidecar import CHUNK
from catalog.bundle.stored_gzip import BLOCK, HEADER
from catalog.bundle.sums import is_bundle_path
from catalog.errors import IntegrityError
from catalog.registry.layout import REGISTRY_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK_HEAD = b"\x00\xff\xff\x00\x00"
_LAST_HEAD = 1
_SECTOR = 512
_MAX_NAME = 2048
_MAX_MEMBERS = 500_000
_TOP = f"{REGISTRY_ROOT}/"


class Member(Struct, frozen=True):
    """One file: `path` relative to the top directory, where its content begins in the tar, and its size."""

    path: str
    offset: int
    size: int


@contextmanager
def open_stored(path: Path) -> Iterator[StoredTar]:
    """The tarball at `path`, with all its headers read.

    Raises:
        MissingError: it cannot be read.
        IntegrityError: it is not in the form of a bundle.
    """
    with ExitStack() as stack:
        with read_errors(path):
            file = stack.enter_context(open_regular(path))
        yield StoredTar(path, file.fileno())


class StoredTar:
    """A bundle's tarball, open for reading at any place; `members` has its files in their order, by path."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        if self._at(0, len(HEADER)) != HEADER:
            raise self._bad("it is not packed as a bundle is")
        self.members = {member.path: member for member in self._walk()}

    def size(self, path: str) -> int | None:
        """The bytes of a file; None when there is none at this path."""
        member = self.members.get(path)
        return member.size if member else None

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file that is there, in pieces of at most 1 MiB.

        Raises:
            MissingError, IntegrityError: as `open_stored`.
        """
        member = self.members[path]
        end = member.offset + member.size
        for offset in range(member.offset, end, CHUNK):
            yield self._read(offset, min(CHUNK, end - offset))

    def content(self, path: str, limit: int) -> bytes:
        """The whole content of a small file.

        Raises:
            IntegrityError: there is none, or it has more than `limit` bytes.
        """
        size = self.size(path)
        if size is None or size > limit:
            raise self._bad(f"it has no {path}" if size is None else f"its {path} is too large")
        return b"".join(self.chunks(path))

    def _walk(self) -> Iterator[Member]:
        offset = 0
        name = ""
        seen: set[str] = set()
        for _ in range(_MAX_MEMBERS):
            header = self._read(offset, _SECTOR)
            if not any(header):
                return
            info = self._parse(header)
            start = offset + _SECTOR
            offset = start + -(-info.size // _SECTOR) * _SECTOR
            if info.type == tarfile.GNUTYPE_LONGNAME:
                name = self._long_name(start, info.size)
                continue
            path = (name or info.name).rstrip("/")
            name = ""
            if info.type == tarfile.DIRTYPE and not info.size:
                continue
            yield self._member(path, start, info, seen)
        raise self._bad("it has too many members")

    def _member(self, path: str, start: int, info: tarfile.TarInfo, seen: set[str]) -> Member:
        inner = path.removeprefix(_TOP)
        is_plain = info.type == tarfile.REGTYPE and path.startswith(_TOP) and is_bundle_path(inner)
        if not is_plain or inner in seen:
            raise self._bad(f"the member {path!r} cannot stand in a bundle")
        seen.add(inner)
        return Member(inner, start, info.size)

    def _parse(self, header: bytes) -> tarfile.TarInfo:
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            raise self._bad("a header in it is damaged") from None
        if info.size < 0 or info.size > os.fstat(self._descriptor).st_size:
            raise self._bad("it is cut off, or a header in it is damaged")
        return info

    def _long_name(self, start: int, size: int) -> str:
        if size > _MAX_NAME:
            raise self._bad("a name in it is too long")
        return self._read(start, size).rstrip(b"\0").decode(errors="replace")

    def _read(self, offset: int, size: int) -> bytes:
        """`size` bytes of the tar from `offset` on, across as many stored blocks as it takes."""
        pieces = []
        while size > 0:
            number, within = divmod(offset, BLOCK)
            place = len(HEADER) + number * (BLOCK + len(_BLOCK_HEAD))
            step = min(size, BLOCK - within)
            self._check_block(place, within + step)
            pieces.append(self._at(place + len(_BLOCK_HEAD) + within, step))
            offset += step
            size -= step
        return b"".join(pieces)

    def _check_block(self, place: int, needed: int) -> None:
        head = self._at(place, len(_BLOCK_HEAD))
        length = int.from_bytes(head[1:3], "little")
        is_stored = head[0] <= _LAST_HEAD and length ^ int.from_bytes(head[3:5], "little") == BLOCK
        is_full = head == _BLOCK_HEAD or (head[0] == _LAST_HEAD and length >= needed)
        if not is_stored or not is_full:
            raise self._bad("it was packed again or is damaged")

    def _at(self, place: int, size: int) -> bytes:
        with read_errors(self.path):
            content = os.pread(self._descriptor, size, place)
        if len(content) < size:
            raise self._bad("it is cut off")
        return content

    def _bad(self, why: str) -> IntegrityError:
        return IntegrityError(
            f"{self.path} is not a bundle in our form: {why}.",
            "Copy it again from where it was made, as it is (catalog bundle verify says more).",
        )
