"""Reads the tar that an engine streams, member by member, and believes nothing of it.

In: bytes in the form of `docker save`. Out: regular files and links with clean names; anything else that a
tar can hold, and any departure from the format, stops the reading.
"""

from __future__ import annotations

import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.engine.engine import ByteStream

BLOCK = 512
_END = bytes(BLOCK)
_MAX_NAME = 64 * 1024
_MAX_DIGITS = 8
_MAX_SIZE_DIGITS = 20  # Python converts no number of thousands
_MAX_MEMBERS = 200_000
_FILE = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE})
_LINKS = frozenset({tarfile.SYMTYPE, tarfile.LNKTYPE})
_SPARSE = "GNU.sparse."


class Member(Struct, frozen=True):
    """A file of `size` bytes, or a link: then `target` is the member that it stands for."""

    name: str
    size: int
    target: str | None = None


class ArchiveReader:
    """Iterates over the members; `read` gives the content of the one that came last.

    Args:
        stream: the archive.
        source: what it is, as it begins a sentence: `The archive of nginx:alpine`.

    Raises:
        IntegrityError: (while iterating or reading) the archive is cut off, damaged or hostile.
    """

    def __init__(self, stream: ByteStream, source: str) -> None:
        self._stream = stream
        self._source = source
        self._left = 0
        self._padding = 0
        self._names: set[str] = set()

    def __iter__(self) -> Iterator[Member]:
        while (header := self._header()) is not None:
            member = self._member(header)
            self._left, self._padding = header.size, -header.size % BLOCK
            if member is not None:
                yield member
            self._skip()
        self._expect_nothing_more()

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes of the member's content, fewer only at its end."""
        content = self._exactly(min(size, self._left))
        self._left -= len(content)
        return content

    def refuse(self, reason: str) -> IntegrityError:
        """The error that says why the archive is not taken."""
        return IntegrityError(f"{self._source} {reason}.", HINT)

    def _header(self) -> tarfile.TarInfo | None:
        """The next member's header, with what its extended headers say; None at the end mark."""
        records: dict[str, str] = {}
        while True:
            block = self._exactly(BLOCK)
            if block == _END:
                if records or self._exactly(BLOCK) != _END:
                    raise self.refuse("has no proper end")
                return None
            header = self._parsed(block)
            if header.type == tarfile.XHDTYPE:
                records |= self._pax_records(header)
            elif header.type in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
                key = "path" if header.type == tarfile.GNUTYPE_LONGNAME else "linkpath"
                records[key] = self._text(self._extension(header).rstrip(b"\0"))
            else:
                return self._extended(header, records)

    def _parsed(self, block: bytes) -> tarfile.TarInfo:
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError):
            raise self.refuse("has a damaged header") from None
        if header.size < 0:
            raise self.refuse("has a member of less than no bytes")
        return header

    def _extended(self, header: tarfile.TarInfo, records: dict[str, str]) -> tarfile.TarInfo:
        header.name = records.get("path", header.name)
        header.linkname = records.get("linkpath", header.linkname)
        if "size" in records:
            size = records["size"]
            if not (size.isascii() and size.isdecimal() and len(size) <= _MAX_SIZE_DIGITS):
                raise self.refuse("has a member whose size is no number")
            header.size = int(size)
        return header

    def _member(self, header: tarfile.TarInfo) -> Member | None:
        """The member, or None for a folder."""
        is_folder = header.type == tarfile.DIRTYPE
        name = self._clean(header.name.removesuffix("/") if is_folder else header.name)
        if header.type not in _FILE and header.size:
            raise self.refuse(f"has content where none can be, in {name!r}")
        if is_folder:
            return None
        if name in self._names:
            raise self.refuse(f"has {name!r} twice")
        self._names.add(name)
        if len(self._names) > _MAX_MEMBERS:
            raise self.refuse(f"has more than {_MAX_MEMBERS:,} members")
        if header.type in _LINKS:
            return Member(name, 0, self._target(header, name))
        if header.type not in _FILE:
            raise self.refuse(f"has {name!r}, which is neither a file nor a folder")
        return Member(name, header.size)

    def _clean(self, name: str) -> str:
        parts = name.split("/")
        if not name.isprintable() or any(part in ("", ".", "..") for part in parts):
            raise self.refuse(f"has a member with the name {name!r}")
        return name

    def _target(self, header: tarfile.TarInfo, name: str) -> str:
        """What a link stands for, as a name in the archive."""
        if header.type == tarfile.LNKTYPE:
            return self._clean(header.linkname)
        parts = [] if header.linkname.startswith("/") else list(PurePosixPath(name).parent.parts)
        for part in header.linkname.split("/"):
            if part == ".." and parts:
                parts.pop()
            else:
                parts.append(part)
        return self._clean("/".join(part for part in parts if part != "."))

    def _pax_records(self, header: tarfile.TarInfo) -> dict[str, str]:
        content, records = self._extension(header), dict[str, str]()
        while content:
            length = content.partition(b" ")[0]
            size = int(length) if length.isdigit() and len(length) < _MAX_DIGITS else 0
            key, equals, value = content[len(length) + 1 : size].partition(b"=")
            if size > len(content) or not (equals and value.endswith(b"\n")):
                raise self.refuse("has a damaged header")
            records[self._text(key)] = self._text(value[:-1])
            content = content[size:]
        if any(key.startswith(_SPARSE) for key in records):
            raise self.refuse("has a sparse file")
        return records

    def _extension(self, header: tarfile.TarInfo) -> bytes:
        if header.size > _MAX_NAME:
            raise self.refuse("has a header that is too large")
        content = self._exactly(header.size)
        self._exactly(-header.size % BLOCK)
        return content

    def _text(self, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise self.refuse("has a name that is not UTF-8") from None

    def _skip(self) -> None:
        while self._left:
            self.read(1 << 20)
        self._exactly(self._padding)

    def _exactly(self, size: int) -> bytes:
        content = self._stream.read(size) if size else b""
        if len(content) < size:
            content = self._joined(content, size)
        return content

    def _joined(self, content: bytes, size: int) -> bytes:
        parts, missing = [content], size - len(content)
        while missing:
            part = self._stream.read(missing)
            if not part:
                raise self.refuse("ends before its end")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _expect_nothing_more(self) -> None:
        """Read on, since the engine's program gives its verdict at the end."""
        while part := self._stream.read(1 << 16):
            if part.strip(b"\0"):
                raise self.refuse("goes on after its end")


HINT = "Run the command again. If it says the same, restart the engine, or build or pull the image again."
