"""Publishes the images of extensions at a stage, for several platforms where there is a builder for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.engine.inspection import missing_platforms
from catalog.errors import MissingError
from catalog.operations.image_lists import ListPublisher
from catalog.operations.image_publication import EnginePublisher, ImagePublication, publication
from catalog.operations.image_targets import image_registry, image_targets
from catalog.operations.progress import Silence
from catalog.operations.selection import Selection
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from catalog.operations.image_publication import Publisher
    from catalog.operations.image_tools import ImageTools
    from catalog.operations.progress import Audience
    from catalog.workspace.workspace import Workspace

BOTH = ("linux/amd64", "linux/arm64")


class ImagesPublishRequest(Selection):
    """Whose images, and where to.

    `registry` takes the place of the stage's setting `images`. `platforms` is empty for both usual ones where
    there is a builder for several, else for the engine's own. With `dry_run` nothing is written.
    """

    stage: Stage = Stage.DEV
    registry: str | None = None
    platforms: tuple[str, ...] = ()
    single_arch: bool = False
    dry_run: bool = False
    engine: str | None = None


def images_publish(
    workspace: Workspace, request: ImagesPublishRequest, tools: ImageTools, audience: Audience | None = None
) -> ImagePublication:
    """Bring every image of the chosen extensions into its registry, or say what stands in the way.

    Raises:
        UsageError: a name or an option makes no sense.
        FindingsError: a recipe is wrong, or does not build.
        MissingError: there is no engine, no builder for these platforms, or a registry does not answer.
        IntegrityError: a registry gives what is no image.
    """
    listener = audience or Silence()
    images = image_registry(workspace.root, request.stage, request.registry)
    targets = image_targets(workspace, request, request.stage, images)
    if not targets:
        return ImagePublication(images=(), dry_run=request.dry_run)
    publisher, notes = _publisher(workspace, request, tools, listener)
    done = publication(workspace.root, publisher, targets, listener, dry_run=request.dry_run)
    return ImagePublication(images=tuple(done), dry_run=request.dry_run, notes=notes)


def _publisher(
    workspace: Workspace, request: ImagesPublishRequest, tools: ImageTools, audience: Audience
) -> tuple[Publisher, tuple[str, ...]]:
    """Who publishes, and what is to be said about that."""
    builder = None if request.single_arch else tools.builder(request.engine)
    if builder:
        platforms = request.platforms or BOTH
        registries, root = tools.registries, workspace.root
        return ListPublisher(builder, registries, platforms, request.stage, root, audience), ()
    engine = tools.engine(request.engine)
    own = engine.info().platform
    others = missing_platforms(request.platforms, (own,))
    if others:
        raise MissingError(
            f"Images for {', '.join(others)} need docker buildx, which is not installed here.",
            f"Install it, or publish for {own} alone: catalog images publish --single-arch",
        )
    notes = () if request.single_arch or request.platforms else (_only(own),)
    return EnginePublisher(engine, tools.registries, request.stage, audience), notes


def _only(platform: str) -> str:
    return f"Without docker buildx, images are published for {platform} only."
