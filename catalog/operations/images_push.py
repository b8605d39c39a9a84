"""Pushes the images of some extensions as the engine has them, for the one platform that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from catalog.operations.image_publication import EnginePublisher, ImagePublication, publication
from catalog.operations.image_targets import image_registry, image_targets
from catalog.operations.progress import Silence
from catalog.operations.selection import Selection
from catalog.registry.stage import Stage

if TYPE_CHECKING:
    from catalog.operations.image_tools import ImageTools
    from catalog.operations.progress import Audience
    from catalog.workspace.workspace import Workspace


class ImagesPushRequest(Selection):
    """Whose images; without a stage they keep the tag `v{version}` of local builds.

    `registry` is the registry and namespace where ours are to lie. With `dry_run` nothing is written.
    """

    names: tuple[str, ...] = Field(min_length=1)
    stage: Stage | None = None
    registry: str | None = None
    dry_run: bool = False
    engine: str | None = None


def images_push(
    workspace: Workspace, request: ImagesPushRequest, tools: ImageTools, audience: Audience | None = None
) -> ImagePublication:
    """Push every image of these extensions, or say what stands in the way.

    Raises:
        UsageError: a name or an option makes no sense.
        FindingsError: a recipe is wrong.
        MissingError: there is no engine, or a registry does not answer.
        IntegrityError: a registry gives what is no image.
    """
    listener = audience or Silence()
    images = image_registry(workspace.root, request.stage, request.registry)
    targets = image_targets(workspace, request, request.stage, images)
    if not targets:
        return ImagePublication(images=(), dry_run=request.dry_run)
    publisher = EnginePublisher(tools.engine(request.engine), tools.registries, request.stage, listener)
    done = publication(workspace.root, publisher, targets, listener, dry_run=request.dry_run)
    return ImagePublication(images=tuple(done), dry_run=request.dry_run)
