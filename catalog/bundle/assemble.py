"""Puts a bundle together as a value: its manifest, and every file with its digest.

Nothing is written here but OCI manifests into the cache's own store, through `keep`.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog import __version__
from catalog.bundle.manifest import (
    Base,
    BundledExtension,
    BundledImage,
    BundleManifest,
    Codec,
    MissingImage,
    Signer,
    Sizes,
    Tool,
    utc,
)
from catalog.bundle.oci import blob_path, image_folder, oci_manifest
from catalog.bundle.packed import Blob, PackedFile, StoredImage
from catalog.registry.layout import BUNDLE_MANIFEST, IMAGES, IMAGES_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PROGRAM = "extension-catalog"


class NamedImage(Struct, frozen=True):
    """An image that goes in: `ref` in full, `named` as the catalogs write it, and who needs it."""

    ref: str
    named: str
    stored: StoredImage
    extensions: tuple[str, ...]


class BundleFacts(Struct, frozen=True):
    """What a bundle says of itself; `epoch` in seconds, `garden` as folders, first that with the images."""

    epoch: int
    platform: str
    codec: Codec
    stage: str | None
    garden: tuple[str, ...]
    signer: str | None
    extensions: tuple[BundledExtension, ...]
    missing: tuple[MissingImage, ...] = ()
    base: Base | None = None


class ImagePart(Struct, frozen=True):
    """The images of a bundle: rows of the table, their files, and what they weigh."""

    rows: tuple[BundledImage, ...] = ()
    files: tuple[PackedFile, ...] = ()
    blobs: tuple[Blob, ...] = ()
    layer_bytes: int = 0
    naive_bytes: int = 0


def image_part(images: Sequence[NamedImage], garden: str, keep: Callable[[bytes], Blob]) -> ImagePart:
    """The images, one folder each, and every blob once; `keep` stores an OCI manifest as a blob."""
    if not images:
        return ImagePart()
    folder = PurePosixPath(garden) / IMAGES
    rows: list[BundledImage] = []
    files: list[PackedFile] = []
    blobs: dict[str, Blob] = {}
    layers: dict[str, int] = {}
    for number, image in enumerate(sorted(images, key=lambda one: one.ref.encode())):
        manifest = keep(oci_manifest(image.stored))
        own = _blobs(image.stored, manifest)
        blobs.update(own)
        layers.update({layer.diff_id: layer.raw_size for layer in image.stored.layers})
        rows.append(_row(number, image, manifest, sum(blob.size for blob in own.values())))
        content = image_folder(number, image.ref, image.stored, manifest).files()
        files += [PackedFile.of(f"{folder}/images/{number}/{name}", data) for name, data in content.items()]
    table = "".join(row.row() for row in rows).encode()
    files.append(PackedFile.of(f"{folder}/{IMAGES_TABLE}", table))
    files += [_blob_file(folder, blob) for blob in blobs.values()]
    naive = sum(row.layer_bytes for row in rows)
    return ImagePart(tuple(rows), tuple(files), tuple(blobs.values()), sum(layers.values()), naive)


def make_manifest(facts: BundleFacts, images: ImagePart, files: Iterable[PackedFile]) -> BundleManifest:
    """The manifest of a bundle of these `files` (all but the first three members)."""
    listed = list(files)
    sizes = Sizes(
        files=len(listed),
        bytes=sum(file.size for file in listed),
        images=len(images.rows),
        blobs=len(images.blobs),
        blob_bytes=sum(blob.size for blob in images.blobs),
        layer_bytes=images.layer_bytes,
        naive_bytes=images.naive_bytes,
    )
    return BundleManifest(
        created=utc(facts.epoch),
        sequence=facts.epoch,
        platform=facts.platform,
        tool=Tool(name=PROGRAM, version=__version__),
        codec=facts.codec,
        stage=facts.stage,
        garden=facts.garden,
        signer=Signer(key=facts.signer) if facts.signer else None,
        sizes=sizes,
        extensions=facts.extensions,
        images=images.rows,
        missing=facts.missing,
        base=facts.base,
    )


def manifest_file(manifest: BundleManifest) -> PackedFile:
    """bundle.json as a file of the bundle."""
    return PackedFile.of(str(BUNDLE_MANIFEST), manifest.to_bytes())


def _blobs(image: StoredImage, manifest: Blob) -> dict[str, Blob]:
    parts = (image.config, manifest, *(layer.blob for layer in image.layers))
    return {blob.digest: blob for blob in parts}


def _row(number: int, image: NamedImage, manifest: Blob, size: int) -> BundledImage:
    return BundledImage(
        index=number,
        ref=image.ref,
        named=image.named,
        config=image.stored.config.digest,
        manifest=manifest.digest,
        platform=image.stored.platform,
        bytes=size,
        layer_bytes=sum(layer.raw_size for layer in image.stored.layers),
        extensions=tuple(sorted(image.extensions)),
    )


def _blob_file(folder: PurePosixPath, blob: Blob) -> PackedFile:
    path = f"{folder}/{blob_path(blob.digest)}"
    return PackedFile(path, blob.path, blob.size, blob.digest.removeprefix("sha256:"))
