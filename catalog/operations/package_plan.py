"""The plan of a packing: every deed, before the first one; a dry run shows it, a real run carries it out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.file_name import bundle_name
from catalog.bundle.space import require_space
from catalog.operations.package_request import Action
from catalog.workspace.source_date import source_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from catalog.bundle.blob_cache import BlobCache
    from catalog.bundle.manifest import MissingImage
    from catalog.engine.engine import LocalImage
    from catalog.operations.package_images import NeededImage
    from catalog.operations.package_request import PackageRequest

SMALL_FILES = 64 * 1024 * 1024
"""What registry and website are taken to weigh when room is looked for, in bytes."""


class PackagePlan(Struct, frozen=True):
    """What is going to be done.

    `target` is the bundle's file, `epoch` its time; `local` are the images that the engine has, `absent`
    those that must be pulled or, if that is not allowed, left out; `cached` the full names of those that need
    no saving.
    """

    target: Path
    epoch: int
    platform: str
    needed: tuple[NeededImage, ...]
    local: Mapping[str, LocalImage]
    absent: tuple[NeededImage, ...]
    cached: frozenset[str]
    may_pull: bool
    may_miss: bool

    def actions(self) -> tuple[Action, ...]:
        """Every deed, in the order in which it is done."""
        absent = {image.full for image in self.absent}
        first = [Action(verb="pull" if self.may_pull else "leave-out", what=one.full) for one in self.absent]
        packed = [
            Action(verb="reuse" if image.full in self.cached else "pack", what=image.full)
            for image in self.needed
            if image.full not in absent or self.may_pull
        ]
        return (*first, *packed, Action(verb="write", what=str(self.target)))

    def require_room(self, cache: Path, images: Mapping[str, LocalImage]) -> None:
        """Refuse to begin when the disk has too little room for the cache and the bundle.

        Raises:
            MissingError: it has too little; the message has the figures.
        """
        new = sum(image.size for full, image in images.items() if full not in self.cached)
        known = sum(image.size for full, image in images.items() if full in self.cached)
        require_space({cache: new, self.target.parent: new + known // 2 + SMALL_FILES})


def bundle_epoch(source_time: int, images: Iterable[LocalImage]) -> int:
    """The time that a bundle carries, in seconds: SOURCE_DATE_EPOCH, or that of the newest input.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is not a number of seconds.
    """
    given = source_date()
    return max([source_time, *(_seconds(image.created) for image in images)]) if given is None else given


def make_plan(  # noqa: PLR0913
    request: PackageRequest,
    needed: Sequence[NeededImage],
    local: Mapping[str, LocalImage],
    *,
    out: Path,
    epoch: int,
    platform: str,
    cache: BlobCache,
) -> PackagePlan:
    """Decide everything that can be decided before the engine is asked for bytes."""
    return PackagePlan(
        target=out / bundle_name(epoch, is_delta=request.since is not None),
        epoch=epoch,
        platform=platform,
        needed=tuple(needed),
        local=local,
        absent=tuple(image for image in needed if image.full not in local),
        cached=frozenset(full for full, image in local.items() if _is_cached(cache, image)),
        may_pull=request.pull,
        may_miss=request.allow_missing,
    )


def missing_of(images: Sequence[NeededImage]) -> tuple[MissingImage, ...]:
    """What the manifest says of images that were not to be had."""
    return tuple(missing for image in images for missing in image.as_missing())


def _is_cached(cache: BlobCache, image: LocalImage) -> bool:
    has_layers = all(cache.layer(diff_id) for diff_id in image.diff_ids)
    return has_layers and cache.config_of(image.image_id) is not None


def _seconds(created: str) -> int:
    """A time in RFC 3339 as seconds; 0 where there is none."""
    try:
        return max(0, int(datetime.fromisoformat(created[:19] + "+00:00").timestamp()))
    except ValueError:
        return 0
