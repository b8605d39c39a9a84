"""Layers made of tar members, stored as the cache stores them: gzip in several members."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

from catalog.bundle.packed import Blob, Layer, StoredImage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Member = tuple[str, bytes | str | None]
"""A file with its content, a symbolic link with its target, or a folder (None)."""


def layer_tar(
    *members: Member, hard_links: Sequence[tuple[str, str]] = (), form: int = tarfile.PAX_FORMAT
) -> bytes:
    """A tar with the members in this order, then the hard links."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for name, what in members:
            info = tarfile.TarInfo(name)
            if isinstance(what, bytes):
                info.size = len(what)
                tar.addfile(info, io.BytesIO(what))
            else:
                info.type = tarfile.DIRTYPE if what is None else tarfile.SYMTYPE
                info.linkname = what or ""
                tar.addfile(info)
        for name, target in hard_links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.LNKTYPE, target
            tar.addfile(info)
    return buffer.getvalue()


def stored_blob(folder: Path, content: bytes) -> Blob:
    """The content as a file named by its digest."""
    name = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return Blob(f"sha256:{name}", len(content), folder / name)


def stored_layer(folder: Path, tar: bytes, piece: int = 700) -> Layer:
    """A layer whose gzip file has members of `piece` bytes."""
    pieces = [tar[start : start + piece] for start in range(0, len(tar), piece)] or [b""]
    packed = b"".join(gzip.compress(part, 1, mtime=0) for part in pieces)
    diff_id = f"sha256:{hashlib.sha256(tar).hexdigest()}"
    return Layer(diff_id, len(tar), stored_blob(folder, packed))


def stored_image(folder: Path, *tars: bytes) -> StoredImage:
    """An image with these layers, the base first; its config says no more than it must."""
    layers = tuple(stored_layer(folder, tar) for tar in tars)
    listed = ",".join(f'"{layer.diff_id}"' for layer in layers)
    config = f'{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{listed}]}}}}'
    return StoredImage("linux/amd64", stored_blob(folder, config.encode()), layers)
