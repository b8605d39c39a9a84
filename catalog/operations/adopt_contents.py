"""The files of a bundle that is made out of one of the older template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.assemble import BundleFacts, NamedImage, image_part, make_manifest, manifest_file
from catalog.bundle.manifest import BundledExtension, MissingImage
from catalog.bundle.old_catalog import full_name, relocated_catalog
from catalog.bundle.packed import PackedFile
from catalog.bundle.readme import README, filled_readme
from catalog.errors import IntegrityError, MissingError
from catalog.registry.image_names import loadable
from catalog.registry.layout import APPS_FILE, HELPER_FILES, RELOCATE, TOOLS_FILE
from catalog.workspace.assets import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from catalog.bundle.assemble import ImagePart
    from catalog.bundle.blob_cache import BlobCache
    from catalog.bundle.manifest import BundleManifest
    from catalog.bundle.old_bundle import OldBundle
    from catalog.bundle.packed import StoredImage


class Adoption(Struct, frozen=True):
    """What the new bundle is made from: the old one at `path`, its images by full name, and who signs."""

    path: Path
    old: OldBundle
    images: tuple[NamedImage, ...]
    missing: tuple[MissingImage, ...]
    epoch: int
    signer: str | None


def users_of(old: OldBundle) -> dict[str, tuple[str, ...]]:
    """The extensions that name each image, by the image's full name."""
    users: dict[str, dict[str, None]] = {}
    for entry in old.entries:
        for ref in entry.refs:
            full = full_name(ref)
            if full is not None:
                users.setdefault(full, {})[entry.name] = None
    return {full: tuple(names) for full, names in users.items()}


def named_images(old: OldBundle, stored: Mapping[str, StoredImage]) -> tuple[NamedImage, ...]:
    """The images that extensions name; `stored` has them by reference.

    Raises:
        IntegrityError: two different images would get one name, or they are for different platforms.
    """
    users = users_of(old)
    named: dict[str, NamedImage] = {}
    for ref, image in stored.items():
        full = str(full_name(ref))
        other = named.get(full)
        if other and other.stored.config.digest != image.config.digest:
            raise IntegrityError(f"The old bundle has two different images that are called {full}.")
        if full in users:
            named[full] = NamedImage(full, loadable(ref), image, users[full])
    platforms = sorted({image.stored.platform for image in named.values()})
    if len(platforms) > 1:
        raise IntegrityError(
            f"The old bundle has images for different platforms: {', '.join(platforms)}.",
            "Pack the images anew: catalog package --platform",
        )
    return tuple(named.values())


def missing_images(old: OldBundle, named: Sequence[NamedImage]) -> tuple[MissingImage, ...]:
    """What extensions name and the old bundle lacks."""
    there = {image.ref for image in named}
    return tuple(
        MissingImage(ref=full, extension=name, service="")
        for full, names in sorted(users_of(old).items())
        if full not in there
        for name in names
    )


def adopted_files(adoption: Adoption, cache: BlobCache) -> tuple[BundleManifest, tuple[PackedFile, ...]]:
    """The manifest, and every file but SHA256SUMS and its signature.

    Raises:
        MissingError: the disk refuses, or the installation lacks a file.
    """
    facts = _facts(adoption, cache)
    images = image_part(adoption.images, facts.garden[0], cache.put_bytes)
    files = [*_helpers(facts, images), *_catalogs(adoption), *images.files]
    manifest = make_manifest(facts, images, files)
    return manifest, (manifest_file(manifest), *files)


def _facts(adoption: Adoption, cache: BlobCache) -> BundleFacts:
    old = adoption.old
    return BundleFacts(
        epoch=adoption.epoch,
        platform=adoption.images[0].stored.platform if adoption.images else "",
        codec=cache.codec.as_manifest(),
        stage=None,
        garden=old.gardens,
        signer=adoption.signer,
        extensions=tuple(
            BundledExtension(
                name=entry.name,
                kind=entry.kind.value,
                version=entry.version,
                images=tuple(sorted({full for ref in entry.refs if (full := full_name(ref))})),
            )
            for entry in old.entries
        ),
        missing=adoption.missing,
    )


def _helpers(facts: BundleFacts, images: ImagePart) -> Iterator[PackedFile]:
    source = shipped("bundle")
    for name in HELPER_FILES:
        try:
            if name == README:
                content = filled_readme(facts, images, has_website=False)
            else:
                content = (source / name).read_bytes()
        except OSError as error:
            raise MissingError(f"{source / name} of this installation cannot be read.") from error
        yield PackedFile.of(name, content)


def _catalogs(adoption: Adoption) -> Iterator[PackedFile]:
    """Catalogs and pictures as they were, and the catalogs for a private registry."""
    files = dict(adoption.old.files)
    for garden in adoption.old.gardens:
        for name in (APPS_FILE, TOOLS_FILE):
            files.setdefault(f"{garden}/{name}", b"[]\n")
    for path, content in files.items():
        yield PackedFile.of(path, content)
        if path.rpartition("/")[2] in {APPS_FILE, TOOLS_FILE}:
            relocated = relocated_catalog(adoption.path, path, content)
            yield PackedFile.of(f"{RELOCATE}/{path}.in", relocated)
