"""Unpacks a layer as it streams by: gzip, zstd, or nothing to do."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, cast

from isal import igzip_lib

from catalog.errors import IntegrityError

if TYPE_CHECKING:
    from catalog.engine.engine import ByteStream

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP_ERROR = cast("type[Exception]", igzip_lib.IsalError)
_INPUT = 256 * 1024
_MAX_WINDOW = 64 * 1024 * 1024
"""What the usual encoders stay below, at 32 MiB; more memory than this is not spent on one layer."""


def is_packed(head: bytes) -> bool:
    """Whether content that begins with `head` is compressed in a way that is known."""
    return head.startswith((GZIP, ZSTD))


def unpacked(stream: ByteStream, head: bytes) -> ByteStream:
    """The stream unpacked; `head` are its first bytes, which are already read from it.

    Raises:
        IntegrityError: (while reading) the content is damaged. Not every damage shows: zstd need not carry a
            checksum, so the caller compares digests.
    """
    whole = Rejoined(head, stream)
    if head.startswith(GZIP):
        return _Gunzip(whole)
    return _Unzstd(whole) if head.startswith(ZSTD) else whole


class Rejoined:
    """A stream with the bytes that were read from it to see what it is."""

    def __init__(self, head: bytes, stream: ByteStream) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""
        if not self._head:
            return self._stream.read(size)
        part, self._head = self._head[:size], self._head[size:]
        return part


class _Gunzip:
    """One gzip member after the other; what memory holds does not depend on how much comes out."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._member = _member()
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._member.needs_input or self._member.eof:
                self._rest = self._rest or self._stream.read(_INPUT)
                if not self._rest:
                    return self._end()
            part = self._next(size)
            if part:
                return part

    def _next(self, size: int) -> bytes:
        if self._member.eof:
            self._member = _member()
        given, self._rest = self._rest, b""
        try:
            part: bytes = self._member.decompress(given, size)
        except _GZIP_ERROR as error:
            raise _damaged("gzip") from error
        if self._member.eof:
            self._rest = self._member.unused_data
        return part

    def _end(self) -> bytes:
        if not self._member.eof:
            raise _damaged("gzip")
        return b""


class _Unzstd:
    def __init__(self, stream: ByteStream) -> None:
        import zstandard  # noqa: PLC0415  few images need it, and it is slow to load

        self._error: type[Exception] = zstandard.ZstdError
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW)
        self._reader = decompressor.stream_reader(cast("IO[bytes]", stream), read_across_frames=True)

    def read(self, size: int, /) -> bytes:
        try:
            return self._reader.read(size)
        except self._error as error:
            raise _damaged("zstd") from error


def _member() -> igzip_lib.IgzipDecompressor:
    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def _damaged(kind: str) -> IntegrityError:
    return IntegrityError(
        f"A layer's {kind} content is damaged or cut off.",
        "Pull or build the image again, then run the command again.",
    )
