"""Takes the images of an older bundle into the cache, each byte checked against its config."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.archive_contents import take_in
from catalog.bundle.archive_reader import ArchiveReader
from catalog.bundle.archived_images import ArchivedImages
from catalog.bundle.layer_intake import KnownLayers, LayerIntake
from catalog.bundle.old_archive import image_in
from catalog.bundle.old_tar import old_members
from catalog.bundle.packed import StoredImage
from catalog.errors import IntegrityError, MissingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.bundle.archived_images import ArchivedImage
    from catalog.bundle.blob_cache import BlobCache
    from catalog.bundle.old_bundle import OldBundle
    from catalog.bundle.old_tar import OldMember
    from catalog.bundle.progress import Transferred
    from catalog.engine.engine import LocalImage

_LABEL = "Taking over the images"
_MAX_PACKERS = 8


class OldImages(Struct, frozen=True):
    """The images of an older bundle as an engine would describe them, by the path of their archive."""

    by_file: Mapping[str, tuple[LocalImage, ...]]

    def all(self) -> tuple[LocalImage, ...]:
        """Every image."""
        return tuple(image for images in self.by_file.values() for image in images)


def described(path: Path, old: OldBundle) -> OldImages:
    """What the archives of the bundle at `path` hold, after their digests were compared with the list's.

    Raises:
        IntegrityError: an archive is not what the list says, or holds another image.
    """
    by_file: dict[str, tuple[LocalImage, ...]] = {}
    for image in old.images:
        archive = old.archives[image.file]
        if image.sha256 not in {None, archive.sha256}:
            raise IntegrityError(
                f"{path} is damaged: {image.file} is not what its list of images says.",
                "Copy the bundle again from where it was made.",
            )
        found = image_in(archive, image.ref, image.file)
        by_file[image.file] = (*by_file.get(image.file, ()), found)
    return OldImages(by_file)


def store_old(
    path: Path, images: OldImages, cache: BlobCache, progress: Transferred
) -> dict[str, StoredImage]:
    """Have every image in `cache`; where its parts lie, by reference. The tarball is read once, seldom twice.

    Raises:
        IntegrityError: an archive is damaged, incomplete, or not the one that was looked into.
        MissingError: the tarball cannot be read, or the disk refuses.
    """
    cache.join()
    stored: dict[str, StoredImage] = {}
    for by_size in (True, False):
        wanted = {
            file: some
            for file, together in images.by_file.items()
            if (some := [image for image in together if image.ref not in stored])
        }
        if wanted:
            stored |= _pass(path, wanted, cache, progress, by_size=by_size)
    lost = [image.ref for image in images.all() if image.ref not in stored]
    if lost:
        raise MissingError(f"{path} changed while it was read: {lost[0]} is gone.", "Run the command again.")
    return stored


def _pass(
    path: Path,
    wanted: Mapping[str, Sequence[LocalImage]],
    cache: BlobCache,
    progress: Transferred,
    *,
    by_size: bool,
) -> dict[str, StoredImage]:
    """Read the tarball once; images for which a layer was wrongly guessed from its size are left out."""
    diff_ids = frozenset(one for images in wanted.values() for image in images for one in image.diff_ids)
    total = sum(images[0].size for images in wanted.values())
    found: dict[str, StoredImage] = {}
    done = 0
    with ThreadPoolExecutor(min(_MAX_PACKERS, max(2, os.cpu_count() or 1))) as pool:
        intake = LayerIntake(cache, pool, KnownLayers(cache, diff_ids, by_size=by_size))
        with old_members(path) as members:
            for member in members:
                if member.path in wanted:
                    found |= _taken(member, wanted[member.path], intake, cache)
                    done += member.size
                    progress(_LABEL, done, total)
    return found


def _taken(
    member: OldMember, images: Sequence[LocalImage], intake: LayerIntake, cache: BlobCache
) -> dict[str, StoredImage]:
    source = f"The archive {member.path}"
    archived = ArchivedImages(take_in(ArchiveReader(member.content, source), intake), source)
    kept = {image.ref: _kept(archived.checked(image, None), cache) for image in images}
    return {ref: stored for ref, stored in kept.items() if stored}


def _kept(image: ArchivedImage, cache: BlobCache) -> StoredImage | None:
    """The image, when all its layers are in the cache."""
    layers = [cache.layer(diff_id) for diff_id in image.facts.diff_ids]
    there = tuple(layer for layer in layers if layer)
    if len(there) < len(layers):
        return None
    return StoredImage(image.facts.platform, cache.put_bytes(image.config), there)
