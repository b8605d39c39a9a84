"""Bundles made of a few given files, packed by the product's own writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.bundle.manifest import BundleManifest, Codec, Signer, Sizes, Tool, utc
from catalog.bundle.packed import PackedFile
from catalog.bundle.tar_writer import bundle_sums, write_bundle
from catalog.operations.progress import Silence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from catalog.bundle.manifest import BundledExtension, BundledImage

EPOCH = 1_763_708_739


def manifest(
    epoch: int = EPOCH,
    extensions: tuple[BundledExtension, ...] = (),
    images: tuple[BundledImage, ...] = (),
    signer: str | None = None,
) -> BundleManifest:
    """A manifest that says as little as it may."""
    return BundleManifest(
        created=utc(epoch),
        sequence=epoch,
        platform="",
        tool=Tool(name="extension-catalog", version="1"),
        codec=Codec(name="isal", level=1, version="1"),
        stage=None,
        garden=("garden/default",),
        signer=Signer(key=signer) if signer else None,
        sizes=Sizes(),
        extensions=extensions,
        images=images,
    )


def packed_files(
    files: Mapping[str, bytes], said: BundleManifest | None = None, signature: bytes | None = None
) -> list[PackedFile]:
    """Every file of a bundle, its head among them; a signature is taken as it is given."""
    packed = [PackedFile.of(path, content) for path, content in files.items()]
    packed.append(PackedFile.of("bundle.json", (said or manifest()).to_bytes()))
    packed.append(PackedFile.of("SHA256SUMS", bundle_sums(packed)))
    if signature is not None:
        packed.append(PackedFile.of("SHA256SUMS.sig", signature))
    return packed


def made_bundle(target: Path, packed: list[PackedFile], epoch: int = EPOCH) -> Path:
    """The tarball at `target`."""
    write_bundle(target, packed, epoch, Silence().transferred)
    return target
