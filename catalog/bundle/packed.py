"""Files as they go into a bundle: content or a file with it, size and digest, all known beforehand."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path


class PackedFile(Struct, frozen=True):
    """One file of a bundle; `path` is relative to the top directory, `sha256` has 64 hexadecimal digits.

    `content` is the bytes themselves, or the path of a file on this machine that has exactly them.
    """

    path: str
    content: bytes | Path
    size: int
    sha256: str

    @classmethod
    def of(cls, path: str, content: bytes) -> PackedFile:
        """A file with this content."""
        return cls(path, content, len(content), hashlib.sha256(content).hexdigest())


class Blob(Struct, frozen=True):
    """A file of the cache: `digest` is `sha256:<hex>` of its content."""

    digest: str
    size: int
    path: Path


class Layer(Struct, frozen=True):
    """A layer: `diff_id` and `raw_size` of the unpacked tar, `blob` the gzip that is shipped."""

    diff_id: str
    raw_size: int
    blob: Blob


class StoredImage(Struct, frozen=True):
    """An image whose parts all lie in the cache, checked: the exact config; the layers, base first."""

    platform: str
    config: Blob
    layers: tuple[Layer, ...]
