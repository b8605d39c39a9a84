"""Takes the layers of several archives into a cache, hashing every byte and compressing each layer once."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.layer_codec import CHUNK, LayerPacker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from catalog.bundle.blob_cache import BlobCache
    from catalog.engine.engine import ByteStream


class RawLayer(Struct, frozen=True):
    """A layer as it came: digest and bytes of the unpacked tar."""

    diff_id: str
    raw_size: int


class KnownLayers:
    """Which layers nobody needs to compress any more: they are in the cache, or some thread is at them.

    Docker 20.10 does not say which layer follows. With `by_size` one that is as large as a known layer, which
    this archive has not had yet, is taken for that one; it is hashed all the same. Where the guess was wrong,
    the layer is not in the cache afterwards, and the caller asks for the image once more without guessing.
    """

    def __init__(self, cache: BlobCache, wanted: frozenset[str], *, by_size: bool) -> None:
        self.wanted = wanted
        known = [layer for layer in map(cache.layer, sorted(wanted)) if layer]
        self._turn = threading.Lock()
        self._diff_ids = {layer.diff_id for layer in known}
        self._sizes = Counter(layer.raw_size for layer in known)
        self._by_size = by_size

    def claim(self, diff_id: str) -> bool:
        """Whether the layer is still to be compressed; if so, the caller does it."""
        with self._turn:
            is_new = diff_id not in self._diff_ids
            self._diff_ids.add(diff_id)
            return is_new

    def claim_size(self, size: int, had: int) -> bool:
        """The same for a layer of which only the size is known; the archive `had` so many of it before.

        Within an archive a layer comes once, and links stand in its other places.
        """
        with self._turn:
            is_new = not self._by_size or self._sizes[size] <= had
            self._sizes[size] += is_new
            return is_new


class LayerIntake:
    """Where an archive's layers go: those that are wanted get into `cache`, compressed in `pool`."""

    def __init__(self, cache: BlobCache, pool: Executor, known: KnownLayers) -> None:
        self._cache = cache
        self._pool = pool
        self._known = known
        self._had: Counter[int] = Counter()

    def is_wanted(self, diff_id: str) -> bool:
        """Whether an image that is being stored has this layer."""
        return diff_id in self._known.wanted

    def take(self, content: ByteStream, size: int | None = None, diff_id: str | None = None) -> RawLayer:
        """Read a layer to its end, and keep it if it is wanted and new.

        Args:
            content: the unpacked tar.
            size: its bytes, where they are known beforehand.
            diff_id: its digest, where the archive says so; whether that is true is for the caller to compare.

        Raises:
            IntegrityError: the content is damaged.
            MissingError: the disk refuses.
        """
        first = _chunk(content)
        if len(first) < CHUNK:
            return self._take_small(first)
        if self._is_expected(size, diff_id):
            return _hashed(first, content)
        return self._take_large(first, content)

    def made_from(self, source: str) -> RawLayer | None:
        """The layer that is known to come out of the compressed blob `source`, if it need not be unpacked."""
        layer = self._cache.layer_from(source)
        return RawLayer(layer.diff_id, layer.raw_size) if layer else None

    def remember(self, source: str, raw: RawLayer) -> None:
        """Note that the blob `source` unpacks to `raw`; both digests have been compared."""
        layer = self._cache.layer(raw.diff_id)
        if layer and self._cache.layer_from(source) is None:
            self._cache.remember_source(source, layer)

    def _take_small(self, content: bytes) -> RawLayer:
        """A layer that fits in memory is hashed before it is decided what to do with it."""
        raw = RawLayer(_named(hashlib.sha256(content)), len(content))
        if self._is_new(raw):
            with self._cache.draft() as draft:
                packer = LayerPacker(self._cache.codec, self._pool, draft)
                packer.add(content)
                self._cache.keep_layer(draft, packer.finish(), raw.diff_id, raw.raw_size)
        return raw

    def _take_large(self, first: bytes, content: ByteStream) -> RawLayer:
        sha256, size = hashlib.sha256(), 0
        with self._cache.draft() as draft:
            packer = LayerPacker(self._cache.codec, self._pool, draft)
            for chunk in _chunks(first, content):
                packer.add(chunk)
                sha256.update(chunk)
                size += len(chunk)
            raw, packed = RawLayer(_named(sha256), size), packer.finish()
            if self._is_new(raw):
                self._cache.keep_layer(draft, packed, raw.diff_id, raw.raw_size)
        return raw

    def _is_new(self, raw: RawLayer) -> bool:
        return self.is_wanted(raw.diff_id) and self._cache.layer(raw.diff_id) is None

    def _is_expected(self, size: int | None, diff_id: str | None) -> bool:
        """Whether the layer is the cache's already, or soon will be."""
        if diff_id is not None:
            return diff_id in self._known.wanted and not self._known.claim(diff_id)
        if size is None:
            return False
        is_new = self._known.claim_size(size, self._had[size])
        self._had[size] += 1
        return not is_new


def _hashed(first: bytes, content: ByteStream) -> RawLayer:
    sha256, size = hashlib.sha256(), 0
    for chunk in _chunks(first, content):
        sha256.update(chunk)
        size += len(chunk)
    return RawLayer(_named(sha256), size)


def _chunks(first: bytes, content: ByteStream) -> Iterator[bytes]:
    """The layer in pieces of CHUNK bytes, the last one shorter."""
    chunk = first
    while chunk:
        yield chunk
        chunk = _chunk(content)


def _chunk(content: ByteStream) -> bytes:
    chunk = content.read(CHUNK)
    if not chunk or len(chunk) == CHUNK:
        return chunk
    parts, size = [chunk], len(chunk)
    while size < CHUNK and (part := content.read(CHUNK - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _named(sha256: hashlib._Hash) -> str:
    return f"sha256:{sha256.hexdigest()}"
