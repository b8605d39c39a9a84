"""Reads a gzip file of stored blocks from front to back, and refuses every other spelling."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from isal import isal_zlib

from catalog.bundle.stored_gzip import BLOCK, HEADER
from catalog.bundle.verdict import RefusedError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD = struct.Struct("<BHH")
_TRAILER = struct.Struct("<II")
_FIRST = 15 * (BLOCK + _HEAD.size)  # nearly a mebibyte, which has what says what the file holds
_PIECE = 2 << 20  # bytes read at once from then on, which fit the processor's cache


class StoredReader:
    """The content, `take` by `take`; `seen` is told every byte of the file, as it is read."""

    def __init__(self, read: Callable[[int], bytes], seen: Callable[[bytes], None]) -> None:
        self._read = read
        self._seen = seen
        self._raw = memoryview(b"")
        self._content = memoryview(b"")
        self._at_once = _FIRST
        self._crc = 0
        self._size = 0
        self._is_last = False
        if self._bytes(len(HEADER)) != HEADER:
            raise _refused("it is not packed as a bundle is")

    def take(self, size: int) -> memoryview:
        """At most `size` bytes of content, fewer at the end of a block; none at the end.

        Raises:
            RefusedError: the file is in another form, or cut off.
        """
        while not self._content and not self._is_last:
            self._next_block()
        piece, self._content = self._content[:size], self._content[size:]
        return piece

    def exactly(self, size: int) -> bytes:
        """`size` bytes of content.

        Raises:
            RefusedError: there are fewer.
        """
        pieces = []
        while size:
            piece = self.take(size)
            if not piece:
                raise _refused("it is cut off")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def finish(self) -> None:
        """Make sure that there is no more content, and nothing behind it.

        Raises:
            RefusedError: there is.
        """
        if self.take(1):
            raise _refused("there is something behind its end")
        if self._bytes(_TRAILER.size) != _TRAILER.pack(self._crc, self._size & 0xFFFFFFFF):
            raise _refused("its check sum is wrong")
        if self._some(1):
            raise _refused("there is something behind its end")

    def _next_block(self) -> None:
        last, size, complement = _HEAD.unpack(self._bytes(_HEAD.size))
        is_full = size == BLOCK if last == 0 else last == 1
        if not is_full or size ^ complement != 0xFFFF:  # noqa: PLR2004  the complement of RFC 1951
            raise _refused("it was packed again, or is damaged")
        self._is_last = bool(last)
        self._content = memoryview(self._bytes(size))
        self._crc = isal_zlib.crc32(self._content, self._crc)
        self._size += size

    def _bytes(self, size: int) -> memoryview | bytes:
        if len(self._raw) >= size:
            piece, self._raw = self._raw[:size], self._raw[size:]
            return piece
        pieces = []
        while size:
            piece = self._some(size)
            if not piece:
                raise _refused("it is cut off")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _some(self, size: int) -> memoryview:
        if not self._raw:
            read, self._at_once = self._read(self._at_once), _PIECE
            self._seen(read)
            self._raw = memoryview(read)
        piece, self._raw = self._raw[:size], self._raw[size:]
        return piece


def _refused(why: str) -> RefusedError:
    return RefusedError(Verdict.BAD_FORM, why)
