"""Publishes images for several platforms at once, through a builder that pushes by digest.

Every image is built and pushed without a name first; only when none of them is in conflict with what is
published do the tags come to mean them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.engine.building import Listener
from catalog.engine.inspection import missing_platforms
from catalog.errors import IntegrityError
from catalog.operations.image_publication import ImageDeed, Step, conflict, differing, not_arrived
from catalog.operations.image_recipe import labelled, recipe, recipe_digest
from catalog.workspace.source_state import source_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catalog.engine.buildx import ManyPlatformBuilder
    from catalog.operations.image_targets import ImageTarget
    from catalog.operations.progress import Audience
    from catalog.registry.stage import Stage
    from catalog.remote.oci_registry import ImageRegistries, RemoteImage


class ListPublisher(Struct, frozen=True):
    """Builds for `platforms` and publishes lists of manifests; `root` is the workspace's folder."""

    builder: ManyPlatformBuilder
    registries: ImageRegistries
    platforms: tuple[str, ...]
    stage: Stage | None
    root: Path
    audience: Audience

    def foresee(self, targets: Sequence[ImageTarget]) -> list[Step]:
        """What would be done, as far as can be known without building."""
        return [self._foreseen(target) for target in targets]

    def plan(self, targets: Sequence[ImageTarget]) -> list[Step]:
        """Build all of them, push them without a name, and say which tags must change for that.

        Raises:
            FindingsError: one does not build.
            MissingError: the builder or a registry is not to be had, or refuses.
        """
        return [self._built(target) for target in targets]

    def carry_out(self, step: Step) -> RemoteImage:
        """Have the tag mean what was built, and look that it does, for every platform.

        Raises:
            ConflictError: the tag has come to mean another image in the meantime.
            MissingError: the registry refuses.
            IntegrityError: the registry has another image in the end, or lacks a platform.
        """
        target, digest = step.target, step.built
        now = self.registries.manifest_of(target.ref)
        if self._against(target, now, digest).deed is ImageDeed.CONFLICT:
            raise conflict(target, now)
        if now is None or now.digest != digest:
            self.builder.tag(target.name, digest, target.ref)
        remote = self.registries.manifest_of(target.ref)
        if remote is None or remote.digest != digest:
            raise not_arrived(target, remote)
        missing = missing_platforms(self.platforms, remote.platforms)
        if missing:
            raise IntegrityError(f"{target.ref} is there, but not for {', '.join(missing)}.", "Run it again.")
        return remote

    def _foreseen(self, target: ImageTarget) -> Step:
        remote = self.registries.manifest_of(target.ref)
        return Step(target, ImageDeed.COMPARE if remote else ImageDeed.PUSH, remote)

    def _built(self, target: ImageTarget) -> Step:
        image = target.image
        made = recipe(image)
        made = labelled(made, image, source_state(self.root), recipe_digest(made, image, {}))
        listener = Listener(lambda text: self.audience.line(image.label, text))
        digest = self.builder.push(made, target.name, self.platforms, listener)
        return self._against(target, self.registries.manifest_of(target.ref), digest)

    def _against(self, target: ImageTarget, remote: RemoteImage | None, digest: str) -> Step:
        """What is to be done with an image that was built, by what its tag means now."""
        if remote is None:
            return Step(target, ImageDeed.PUSH, built=digest)
        if remote.digest == digest:
            return Step(target, ImageDeed.UNCHANGED, remote, built=digest)
        return replace(differing(target, remote, self.stage), built=digest)
