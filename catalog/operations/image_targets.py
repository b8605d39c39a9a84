"""Which images of ours are published, under which names, and what the engine has of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.errors import FindingsError, UsageError
from catalog.model.finding import has_errors
from catalog.model.image_ref import ImageRef
from catalog.operations.images_build import plan
from catalog.operations.local_facts import digests_in
from catalog.operations.result import Result
from catalog.registry.image_names import published
from catalog.workspace.image_facts import ImageFacts
from catalog.workspace.publish_settings import images_of_stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catalog.engine.engine import Engine, LocalImage
    from catalog.operations.image_recipe import PlannedImage
    from catalog.operations.selection import Selection
    from catalog.registry.stage import Stage
    from catalog.remote.oci_registry import RemoteImage
    from catalog.workspace.workspace import Workspace


class ImageTarget(Struct, frozen=True):
    """An image of ours, and the reference that it is published under."""

    image: PlannedImage
    ref: str

    @property
    def name(self) -> str:
        """The repository, without a tag."""
        return ImageRef.parse(self.ref).name

    @property
    def local_names(self) -> tuple[str, ...]:
        """How the engine may call it: as built without a stage, as built for the stage, as published."""
        return tuple(dict.fromkeys((self.image.build.ref, self.image.ref, self.ref)))


class PublishedVariant(Result):
    """An image in a registry for one platform, with the digest of its manifest."""

    platform: str
    digest: str


def image_registry(root: Path, stage: Stage | None, given: str | None) -> str:
    """Where our images lie: as `given`, or as the stage's settings say; empty for where their names say.

    Raises:
        UsageError: it is no registry with a namespace, or the settings are wrong.
    """
    if given is None:
        return images_of_stage(root, stage)
    try:
        ref = ImageRef.parse(f"{given}/x")
    except ValueError:
        ref = None
    if ref is None or str(ref) != f"{given}/x":
        raise UsageError(
            f"{given!r} is no registry with a namespace.", "Write it as: --registry registry.acme.test/acme"
        )
    return given


def image_targets(
    workspace: Workspace, selection: Selection, stage: Stage | None, images: str
) -> list[ImageTarget]:
    """The images that the chosen extensions build, with their published names.

    Raises:
        UsageError: a name is unknown, or an image is pinned by its digest and so cannot be published.
        FindingsError: a recipe is wrong.
    """
    planned, findings = plan(workspace, selection, stage)
    if has_errors(findings):
        first = next(found for found in findings if found.is_error)
        raise FindingsError(f"{first.file}: {first.message}", "See all of it with: catalog validate")
    organization = workspace.settings.organization
    targets = [ImageTarget(image, published(image.ref, organization, images)) for image in planned]
    for target in targets:
        if ImageRef.parse(target.ref).digest:
            raise UsageError(
                f"{target.ref} is built by {target.image.extension.name}, but named by a digest.",
                "Name it by a tag in the compose file, or by nothing.",
            )
    return targets


def local_images(engine: Engine, targets: Sequence[ImageTarget]) -> dict[str, LocalImage]:
    """What the engine has of these images, by published name; of several, the one that was built last.

    Raises:
        MissingError: the engine does not answer.
    """
    found = engine.inspect([name for target in targets for name in target.local_names]) if targets else {}
    there = {target.ref: [found[name] for name in target.local_names if name in found] for target in targets}
    return {ref: max(images, key=lambda image: image.created) for ref, images in there.items() if images}


def is_same(remote: RemoteImage, local: LocalImage, name: str) -> bool:
    """Whether a registry's image is the engine's; `name` is the repository there."""
    return remote.has(local.image_id) or remote.digest in digests_in(name, local)


def facts_of(remote: RemoteImage) -> ImageFacts:
    """What the workspace notes of a registry's image: of several platforms, the first one's size."""
    first = remote.variants[0] if remote.variants else None
    several = remote.platforms if len(remote.platforms) > 1 else ()
    return ImageFacts(
        first.bytes if first else 0, first.platform if first else "", remote.digest, tuple(several)
    )


def variants_of(remote: RemoteImage) -> tuple[PublishedVariant, ...]:
    """The platforms of a registry's image, as results have them."""
    return tuple(PublishedVariant(platform=one.platform, digest=one.digest) for one in remote.variants)
