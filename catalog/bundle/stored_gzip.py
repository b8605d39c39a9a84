"""One gzip member of stored blocks (RFC 1951, 1952), written as fast as bytes are copied.

What a bundle is large with is compressed already, so compressing again would cost minutes and save nothing.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from isal import isal_zlib

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Buffer

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Deflate, no name, no time, an unknown system: the same bytes everywhere."""
BLOCK = 65_535
"""Content bytes of every stored block but the last."""
_FULL = b"\x00\xff\xff\x00\x00"


class StoredGzip:
    """Takes content in any pieces and hands the gzip file to `put`, in lists of pieces of its own.

    Large content is not copied: the pieces are views of it, with the heads of blocks between them.
    """

    def __init__(self, put: Callable[[Sequence[Buffer]], object]) -> None:
        self._put = put
        self._rest = b""
        self._crc = 0
        self._size = 0
        put([HEADER])

    def write(self, content: bytes) -> None:
        """Add content."""
        self._crc = isal_zlib.crc32(content, self._crc)
        self._size += len(content)
        if len(self._rest) + len(content) <= BLOCK:
            self._rest += content
            return
        view = memoryview(content)
        space = BLOCK - len(self._rest)
        pieces: list[Buffer] = [_FULL, self._rest, view[:space]]
        # A block is written once another byte follows, since the last one has another head.
        last = space + (len(view) - space - 1) // BLOCK * BLOCK
        for start in range(space, last, BLOCK):
            pieces += (_FULL, view[start : start + BLOCK])
        self._put(pieces)
        self._rest = bytes(view[last:])

    def close(self) -> None:
        """Write the last block and the trailer; nothing can be added afterwards."""
        size = len(self._rest)
        head = struct.pack("<BHH", 1, size, size ^ 0xFFFF)
        self._put([head, self._rest, struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)])
