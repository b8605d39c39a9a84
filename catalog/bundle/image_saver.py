"""Brings images out of an engine into the cache: what is there already is not asked for again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.archive_contents import take_in
from catalog.bundle.archive_reader import ArchiveReader
from catalog.bundle.archived_images import ArchivedImages
from catalog.bundle.image_config import ImageConfig
from catalog.bundle.layer_intake import KnownLayers, LayerIntake
from catalog.bundle.packed import StoredImage
from catalog.bundle.save_plan import plan_saves
from catalog.bundle.save_progress import SaveProgress
from catalog.engine.inspection import same_platform
from catalog.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.bundle.archived_images import ArchivedImage
    from catalog.bundle.blob_cache import BlobCache
    from catalog.bundle.packed import Layer
    from catalog.bundle.save_plan import SaveGroup
    from catalog.bundle.save_progress import ByteProgress
    from catalog.engine.engine import Engine, LocalImage

_SAVES_AT_ONCE = 2
_MAX_PACKERS = 8


def store_images(
    engine: Engine,
    images: Sequence[LocalImage],
    cache: BlobCache,
    progress: ByteProgress,
    platform: str | None = None,
) -> dict[str, StoredImage]:
    """Have every image in the cache, each byte of it checked against the digests in its config.

    Args:
        engine: where the images are.
        images: as it described them a moment ago.
        cache: where their parts go; what it has already is neither saved nor compressed again.
        progress: hears how many bytes the engine has given; from other threads too, one at a time.
        platform: what the images must be for, `linux/amd64`; None takes what the engine has.

    Returns:
        Where the parts of each image lie, by the `ref` of the image.

    Raises:
        IntegrityError: the engine's archive is damaged, incomplete, or holds another image.
        MissingError: the engine fails, has an image for another platform, or the disk refuses.
    """
    cache.join()
    saving = _Saving(engine, cache, progress, platform)
    unique = {image.image_id: image for image in images}
    stored = {name: found for name, image in unique.items() if (found := saving.from_cache(image))}
    for by_size in (True, False):
        wanted = [image for name, image in unique.items() if name not in stored]
        stored |= saving.from_engine(wanted, by_size=by_size)
    lost = [image.ref for name, image in unique.items() if name not in stored]
    if lost:
        raise MissingError(
            f"The layers of {lost[0]} vanished from the cache {cache.folder} while they were packed.",
            "Run the command again, and let nothing else clear that folder meanwhile.",
        )
    return {image.ref: stored[image.image_id] for image in images}


class _Saving(Struct, frozen=True):
    engine: Engine
    cache: BlobCache
    progress: ByteProgress
    platform: str | None

    def from_cache(self, image: LocalImage) -> StoredImage | None:
        """The image, if it need not be saved."""
        config = self.cache.config_of(image.image_id)
        if config is None:
            return None
        facts = ImageConfig.parse(config.path.read_bytes(), f"The config of {image.ref}")
        layers = self._layers(image.diff_ids)
        if layers is None or facts.diff_ids != image.diff_ids or not self._fits(facts.platform):
            return None  # the same ID can stand for an image of another platform in a containerd store
        return StoredImage(facts.platform, config, layers)

    def from_engine(self, images: Sequence[LocalImage], *, by_size: bool) -> dict[str, StoredImage]:
        """The images by ID, but those for which a layer was wrongly guessed from its size."""
        if not images:
            return {}
        archived = self._save(images, by_size=by_size)
        stored = {}
        for image in images:
            found = archived[image.image_id]
            layers = self._layers(found.facts.diff_ids)
            if layers is not None:
                stored[image.image_id] = self._keep(image, found, layers)
        return stored

    def _fits(self, found: str) -> bool:
        return self.platform is None or same_platform(found, self.platform)

    def _layers(self, diff_ids: Sequence[str]) -> tuple[Layer, ...] | None:
        found = [self.cache.layer(diff_id) for diff_id in diff_ids]
        layers = tuple(layer for layer in found if layer)
        return layers if len(layers) == len(diff_ids) else None

    def _keep(self, image: LocalImage, found: ArchivedImage, layers: tuple[Layer, ...]) -> StoredImage:
        config = self.cache.put_bytes(found.config)
        if found.is_certain and image.image_id != config.digest:
            self.cache.remember_image(image.image_id, config)
        return StoredImage(found.facts.platform, config, layers)

    def _save(self, images: Sequence[LocalImage], *, by_size: bool) -> dict[str, ArchivedImage]:
        """Every image by its ID, its layers seen and checked; those that were new are in the cache."""
        wanted = frozenset(diff_id for image in images for diff_id in image.diff_ids)
        known = {layer.diff_id: layer.raw_size for layer in map(self.cache.layer, wanted) if layer}
        groups = plan_saves(images, known)
        progress = SaveProgress(self.progress, len(images), sum(group.size for group in groups))
        packers = min(_MAX_PACKERS, max(2, os.cpu_count() or 1))
        with ThreadPoolExecutor(packers) as pool:
            layers = KnownLayers(self.cache, wanted, by_size=by_size)
            intakes = [LayerIntake(self.cache, pool, layers) for _ in groups]
            found = _side_by_side(
                [_GroupSaving(self, *each, progress) for each in zip(groups, intakes, strict=True)]
            )
        progress.finish()
        return found


def _and_others(refs: Sequence[str]) -> str:
    return refs[0] if len(refs) == 1 else f"{refs[0]} and {len(refs) - 1} more"


class _GroupSaving(Struct, frozen=True):
    saving: _Saving
    group: SaveGroup
    intake: LayerIntake
    progress: SaveProgress

    def run(self) -> dict[str, ArchivedImage]:
        refs = [image.ref for image in self.group.images]
        source = f"The engine's archive of {_and_others(refs)}"
        with self.saving.engine.save(refs, self.saving.platform) as stream:
            contents = take_in(ArchiveReader(self.progress.counted(stream), source), self.intake)
        archived = ArchivedImages(contents, source)
        platform = self.saving.platform
        return {image.image_id: archived.checked(image, platform) for image in self.group.images}


def _side_by_side(groups: Sequence[_GroupSaving]) -> dict[str, ArchivedImage]:
    """Save the groups, two at a time; the first failure stops the others."""
    found: dict[str, ArchivedImage] = {}
    with ThreadPoolExecutor(_SAVES_AT_ONCE) as pool:
        futures = [pool.submit(group.run) for group in groups]
        try:
            for future in as_completed(futures):
                found |= future.result()
        except BaseException:
            groups[0].progress.stop()
            pool.shutdown(cancel_futures=True)
            raise
    return found
