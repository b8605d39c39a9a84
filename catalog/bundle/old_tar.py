"""Streams the regular files of a tarball that somebody else made, without ever unpacking it."""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, cast

from msgspec import Struct

from catalog.bundle.output import open_regular, read_errors
from catalog.errors import IntegrityError
from catalog.registry.layout import REGISTRY_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import IO, BinaryIO

T = TypeVar("T")

_MAX_HEADERS = 1 << 20  # bytes of headers for one member; more is an attempt to fill the memory
_MAX_MEMBERS = 100_000
_MAX_NAME = 1024
_LAST_TIME = 253_402_300_799  # the end of the year 9999
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*|\.[A-Za-z0-9][A-Za-z0-9._-]*")
_DAMAGE = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)


class OldMember(Struct, frozen=True):
    """A regular file: `path` relative to the top directory, size in bytes, time in seconds, and content."""

    path: str
    size: int
    time: int
    content: IO[bytes]


@contextmanager
def old_members(path: Path) -> Iterator[Iterator[OldMember]]:
    """The regular files of the `.tar.gz` at `path`, one after the other; each must be read before the next.

    Raises:
        MissingError: it cannot be read.
        IntegrityError: it is damaged, or has a member that is no file or folder below the top directory.
    """
    with read_errors(path), open_regular(path) as file:
        try:
            with gzip.open(file, "rb") as unpacked:
                source = _Bounded(cast("BinaryIO", unpacked))
                with _told(lambda: tarfile.open(fileobj=source, mode="r|")) as tar:  # type: ignore[call-overload]
                    yield _walk(path, tar, source)
                while source.read(1 << 16):  # the checksum stands at the very end
                    pass
        except _DAMAGE as error:
            raise _refused(path, f"it is damaged ({str(error).lower() or 'cut off'})") from error


class _Bounded:
    """A stream that gives only so many bytes until it is told that all is well."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.left = _MAX_HEADERS

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        content = self._stream.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise tarfile.ReadError("a header, or what follows the archive, is too long")
        return content


def _walk(path: Path, tar: tarfile.TarFile, source: _Bounded) -> Iterator[OldMember]:
    seen: set[str] = set()
    while (info := _told(tar.next)) is not None:
        name = _inner_name(info)
        is_file = info.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not info.issparse()
        if name is None or not (is_file or info.isdir()) or len(seen) > _MAX_MEMBERS:
            raise _refused(
                path, f"its member {info.name[:_MAX_NAME]!r} is not a plain file in {REGISTRY_ROOT}"
            )
        if is_file:
            if name in seen:
                raise _refused(path, f"its member {name!r} stands there twice")
            seen.add(name)
            content = tar.extractfile(info)
            if content is not None:
                source.left = info.size + _MAX_HEADERS
                yield OldMember(name, info.size, _time(info), content)
                while content.read(1 << 20):
                    pass
        source.left = _MAX_HEADERS
        tar.members.clear()  # type: ignore[attr-defined]  # or a long archive would fill the memory


def _told(read_header: Callable[[], T]) -> T:
    """What a step gives that reads a header, as opening an archive does, too."""
    try:
        return read_header()
    except ValueError as error:  # a number in an extended header that is none
        raise tarfile.ReadError(str(error)) from error


def _time(info: tarfile.TarInfo) -> int:
    """The file's time; 1970 for one that no clock shows."""
    return int(info.mtime) if 0 <= info.mtime <= _LAST_TIME else 0


def _inner_name(info: tarfile.TarInfo) -> str | None:
    """The path below the top directory, empty for that itself; None when it leads elsewhere."""
    parts = info.name.removeprefix("./").rstrip("/").split("/")
    is_plain = all(_NAME.fullmatch(part) for part in parts) and len(info.name) <= _MAX_NAME
    return "/".join(parts[1:]) if is_plain and parts[0] == REGISTRY_ROOT else None


def _refused(path: Path, why: str) -> IntegrityError:
    return IntegrityError(
        f"{path} is refused: {why}.", "Name a bundle as the older template packs it, as it was made."
    )
