"""Walks through the tar of a stored layer, and reads the content only of the members that are asked for.

Nothing is written to the disk. What a hostile layer can make this use is bounded: the length of a header, the
content of a member, and the number of members.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.layer_unpack import unpacked
from catalog.bundle.output import read_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalog.bundle.packed import Blob
    from catalog.engine.engine import ByteStream

_BLOCK = 512
_END = bytes(_BLOCK)
_PIECE = 1024 * 1024
_MAX_HEADER = 1024 * 1024
_MAX_MEMBERS = 4_000_000
_MAX_DIGITS = 20
_REGULAR = b"0\x007"
_EMPTY = b"123456"  # links, devices, folders: whatever size they claim, no content follows
_BINARY = b"\x80"  # GNU's mark for a size that is no octal number
_CHECKSUM_FIELD = slice(148, 156)


class LayerMember(Struct, frozen=True):
    """A member of a layer's tar: `kind` is tar's type flag, `path` is relative to the root, without `./`.

    `target` is where a link leads, as written; `content` the first bytes of the file, at most as many as
    were asked for, and `size` all that it has.
    """

    path: str
    kind: bytes
    size: int
    target: str = ""
    content: bytes = b""


class LayerFormatError(ValueError):
    """The layer is no tar that can be read to its end; the message is the rest of a sentence about it."""


def members(blob: Blob, wanted: Callable[[str], int]) -> Iterator[LayerMember]:
    """The members of the layer in the gzip file `blob`, in order.

    Args:
        blob: the stored layer.
        wanted: says of a path how many bytes of its content are wanted; mostly 0.

    Raises:
        LayerFormatError: the tar is damaged, hostile, or has what cannot be read.
        IntegrityError: the file is not the gzip that was stored.
        MissingError: the file cannot be read.
    """
    with read_errors(blob.path), blob.path.open("rb", buffering=0) as file:
        window = _Window(unpacked(file, file.read(4)))
        for _ in range(_MAX_MEMBERS):
            header = _next_header(window)
            if header is None:
                return
            limit = wanted(header.path) if header.kind in _REGULAR else 0
            content = window.take(min(limit, header.size)) if limit else b""
            window.skip(header.size + -header.size % _BLOCK - len(content))
            yield LayerMember(header.path, header.kind, header.size, header.target, content)
        raise LayerFormatError(f"has more than {_MAX_MEMBERS:,} members")


class _Window:
    """A stream of which pieces are taken or skipped."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._piece = b""
        self._at = 0

    def is_at_end(self) -> bool:
        """Whether nothing is left."""
        if self._at == len(self._piece):
            self._piece, self._at = self._stream.read(_PIECE), 0
        return not self._piece

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        end = self._at + size
        if end <= len(self._piece):
            found = self._piece[self._at : end]
            self._at = end
            return found
        parts = [self._piece[self._at :]]
        missing = size - len(parts[0])
        while missing:
            self._refill()
            parts.append(self._piece[:missing])
            self._at = len(parts[-1])
            missing -= self._at
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        self._at += size
        while self._at > len(self._piece):
            left = self._at - len(self._piece)
            self._refill()
            self._at = left

    def _refill(self) -> None:
        self._piece = self._stream.read(_PIECE)
        self._at = 0
        if not self._piece:
            raise LayerFormatError("is cut off")


def _next_header(window: _Window) -> LayerMember | None:
    """The next member without its content; None at the end mark."""
    records: dict[str, bytes] = {}
    while True:
        if not records and window.is_at_end():  # some writers leave the end mark out
            return None
        block = window.take(_BLOCK)
        if block == _END:
            return None
        kind = block[156:157]
        if kind not in b"xgLK":
            return _member(block, kind, records)
        extension = _extension(window, block)
        if kind == b"x":
            records |= _pax_records(extension)
        elif kind != b"g":  # what holds for all members says nothing of a path
            records["path" if kind == b"L" else "linkpath"] = extension.split(b"\0", 1)[0]


def _member(block: bytes, kind: bytes, records: dict[str, bytes]) -> LayerMember:
    _check(block)
    if kind == b"S":
        raise LayerFormatError("has a sparse file")
    size = 0 if kind in _EMPTY else _size(block, records.get("size"))
    path = clean_path(_text(records.get("path") or _name(block)))
    target = _text(records.get("linkpath") or _field(block, 157, 100)) if kind in b"12" else ""
    return LayerMember(path, kind, size, target)


def _extension(window: _Window, block: bytes) -> bytes:
    _check(block)
    size = _size(block)
    if size > _MAX_HEADER:
        raise LayerFormatError(f"has a header of more than {_MAX_HEADER:,} bytes")
    extension = window.take(size)
    window.skip(-size % _BLOCK)
    return extension


def _pax_records(content: bytes) -> dict[str, bytes]:
    r"""The records of a pax header that are needed: `<length> <key>=<value>\n`, one after the other."""
    records: dict[str, bytes] = {}
    while content:
        digits, _, _ = content[:20].partition(b" ")
        length = _number(digits)
        if not length or not len(digits) < length <= len(content):
            raise LayerFormatError("has a damaged pax header")
        key, _, value = content[len(digits) + 1 : length - 1].partition(b"=")
        if key in {b"path", b"linkpath", b"size"}:
            records[key.decode()] = value
        content = content[length:]
    return records


def _check(block: bytes) -> None:
    """Refuse what is no header; a wrong one would make every later one wrong too."""
    stored = _number(block[_CHECKSUM_FIELD].strip(b" \0"), 8)
    if stored != sum(block) - sum(block[_CHECKSUM_FIELD]) + 8 * 0x20:
        raise LayerFormatError("has a damaged header")


def _size(block: bytes, record: bytes | None = None) -> int:
    field = block[124:136]
    if record is not None:
        size = _number(record)
    elif field.startswith(_BINARY):
        size = int.from_bytes(field[1:])
    else:
        size = _number(field.strip(b" \0") or b"0", 8)
    if size is None:
        raise LayerFormatError("has a member whose size is no number")
    return size


def _number(digits: bytes, base: int = 10) -> int | None:
    """The number that these digits spell; None for anything else."""
    try:
        return int(digits, base) if digits.isdigit() and len(digits) <= _MAX_DIGITS else None
    except ValueError:  # 8 and 9 are digits too
        return None


def _name(block: bytes) -> bytes:
    prefix = _field(block, 345, 155) if block[257:263] == b"ustar\0" else b""
    name = _field(block, 0, 100)
    return prefix + b"/" + name if prefix else name


def _field(block: bytes, start: int, size: int) -> bytes:
    return block[start : start + size].split(b"\0", 1)[0]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def clean_path(name: str) -> str:
    """The path relative to the root, without `.`, `..` or doubled slashes."""
    if "//" in name or "./" in name or name.endswith("."):
        name = posixpath.normpath(f"/{name}")
    return name.strip("/")
