"""Compresses layers as gzip that is the same for the same content, whoever asks and on however many cores."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING, Protocol

import isal
from isal import isal_zlib
from msgspec import Struct

from catalog.bundle.manifest import Codec

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

CHUNK = 1024 * 1024
"""How many bytes of a layer go into one gzip member; part of what makes the bytes the same."""

_GZIP = 16 + 15
"""The `wbits` of zlib for a gzip header and a window of 32 KiB."""

_PRIMER = 16
"""How many bytes of a chunk ISA-L gets first, to flush them on their own.

The first byte of a longer stream is taken by `isal_deflate_icf_body_hash_hist_*`, which then reads a
register that nobody set (`shr tmp2, 16` below `.write_first_byte` in igzip_icf_body_h1_gr_bt.asm): about
one thread in 4,000 gets other bytes, by where its stack lies. 16 bytes go through
`isal_deflate_icf_finish_hash_hist_01`, which has no such line. Costs 6 bytes a chunk.
"""


class LayerCodec(Struct, frozen=True):
    """What compresses: gzip by ISA-L.

    Level 1 of it is as small as zlib's and six times as quick; Docker 20.10 takes nothing but gzip.
    """

    name: str = "isal-primed"
    level: int = 1
    version: str = isal.__version__

    @property
    def key(self) -> str:
        """What a cache keeps its entries under: other codecs make other bytes."""
        return f"{self.name}-{self.level}-{self.version}"

    def as_manifest(self) -> Codec:
        """As bundle.json names it."""
        return Codec(name=self.name, level=self.level, version=self.version)

    def compress(self, chunk: bytes) -> bytes:
        """One gzip member without a time in its header; at most CHUNK bytes go in. Other threads may run."""
        view = memoryview(chunk)
        stream = isal_zlib.compressobj(self.level, isal_zlib.DEFLATED, _GZIP)
        primer = stream.compress(view[:_PRIMER]) + stream.flush(isal_zlib.Z_SYNC_FLUSH)
        return b"".join((primer, stream.compress(view[_PRIMER:]), stream.flush()))


class Sink(Protocol):
    """Where compressed bytes go."""

    def write(self, content: bytes, /) -> object:
        """Take them all."""


class PackedLayer(Struct, frozen=True):
    """What became of a layer: SHA-256 as 64 hexadecimal digits and bytes, compressed."""

    sha256: str
    size: int


class LayerPacker:
    """Compresses one layer in the threads of `pool`, and writes it in order into `sink`.

    At most `window` chunks are on their way, so that memory stays small when the disk is slow.
    """

    def __init__(self, codec: LayerCodec, pool: Executor, sink: Sink, window: int = 8) -> None:
        self._codec = codec
        self._pool = pool
        self._sink = sink
        self._window = window
        self._waiting: deque[Future[bytes]] = deque()
        self._sha256 = hashlib.sha256()
        self._size = 0

    def add(self, chunk: bytes) -> None:
        """The next CHUNK bytes of the layer; only the last chunk is shorter."""
        self._waiting.append(self._pool.submit(self._codec.compress, chunk))
        while self._waiting and (len(self._waiting) > self._window or self._waiting[0].done()):
            self._write(self._waiting.popleft().result())

    def finish(self) -> PackedLayer:
        """Write what is left; a layer without a byte is one empty gzip member."""
        while self._waiting:
            self._write(self._waiting.popleft().result())
        if not self._size:
            self._write(self._codec.compress(b""))
        return PackedLayer(self._sha256.hexdigest(), self._size)

    def _write(self, packed: bytes) -> None:
        self._sha256.update(packed)
        self._size += len(packed)
        self._sink.write(packed)
