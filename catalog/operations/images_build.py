"""Builds the images of extensions, several at once; one that fails does not keep the others from it."""

from __future__ import annotations

import functools
import time
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from pydantic import Field

from catalog.appgarden.image_builds import image_builds
from catalog.engine.building import Listener
from catalog.engine.find import find_engine
from catalog.errors import CatalogError, StoppedError
from catalog.model.finding import Finding, has_errors
from catalog.model.locate import located
from catalog.operations.absent_libraries import known_libraries, refuse_absent_libraries
from catalog.operations.build_places import places_outside
from catalog.operations.image_recipe import RECIPE_LABEL, bases, labelled, planned, recipe, recipe_digest
from catalog.operations.local_facts import local_facts
from catalog.operations.parallel import default_jobs, in_parallel
from catalog.operations.progress import Silence
from catalog.operations.result import FindingField, Result
from catalog.operations.selection import Selection, selected
from catalog.registry.stage import Stage
from catalog.workspace.extensions import read_extensions
from catalog.workspace.image_facts import record_image_facts
from catalog.workspace.source_state import source_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from catalog.engine.engine import Engine, LocalImage
    from catalog.operations.image_recipe import PlannedImage
    from catalog.operations.parallel import IsStopped
    from catalog.operations.progress import Audience
    from catalog.workspace.shared_libraries import Library
    from catalog.workspace.source_state import SourceState
    from catalog.workspace.workspace import Workspace


class ImagesBuildRequest(Selection):
    """Whose images, and how.

    `stage` chooses their tags, `changed` leaves out those whose sources are as they were, `jobs` says how
    many are built at once, `network` what RUN may use where the compose file does not say.
    """

    stage: Stage | None = None
    no_cache: bool = False
    changed: bool = False
    jobs: int = Field(default_factory=default_jobs, ge=1, le=64)
    network: str = ""
    engine: str | None = None


class BuildOutcome(StrEnum):
    """What became of an image."""

    BUILT = "built"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class BuiltImage(Result):
    """One image: whose it is, what became of it, how long that took, and what the engine has now."""

    extension: str
    services: tuple[str, ...]
    ref: str
    outcome: BuildOutcome
    seconds: float
    image_id: str = ""
    bytes: int = 0
    message: str = ""
    hint: str = ""
    code: int = 0


class ImagesBuildResult(Result):
    """All images, in the order of extensions and services, and what is wrong with the recipes."""

    images: tuple[BuiltImage, ...]
    findings: tuple[FindingField, ...] = ()

    @property
    def exit_code(self) -> int:
        """That of the worst: 1 for a recipe that is wrong or does not build, 3 for what is missing."""
        found = self.FOUND if has_errors(self.findings) else self.DONE
        return max([found, *(image.code for image in self.images)])


def images_build(
    workspace: Workspace,
    request: ImagesBuildRequest,
    audience: Audience | None = None,
    engine: Engine | None = None,
) -> ImagesBuildResult:
    """Build the images that the request asks for; `engine` is found unless given.

    Raises:
        UsageError: a name is unknown, or `.catalog/images.json` is damaged.
        MissingError: there is no engine.
    """
    images, findings = plan(workspace, request, request.stage)
    shown = workspace.suppressions.divide(findings).shown
    if not images:
        return ImagesBuildResult(images=(), findings=shown)
    crew = _Crew(
        engine or find_engine(request.engine),
        request,
        audience or Silence(),
        functools.cache(lambda: source_state(workspace.root)),
        known_libraries(workspace.root),
    )
    found = _recorded(workspace, crew.engine, *crew.build(images))
    return ImagesBuildResult(images=tuple(found), findings=shown)


def plan(
    workspace: Workspace, selection: Selection, stage: Stage | None
) -> tuple[list[PlannedImage], tuple[Finding, ...]]:
    """The images that the chosen extensions build, and what is wrong with their recipes.

    What has an error is left out; so is a build that a link would lead out of the workspace.

    Raises:
        UsageError: a name is unknown.
    """
    images: list[PlannedImage] = []
    findings: list[Finding] = []
    for extension in read_extensions(workspace.root, selected(workspace, selection)):
        found = image_builds(extension, workspace.settings.organization)
        outside = {
            build.ref: tuple(places_outside(workspace.root, extension, build)) for build in found.builds
        }
        wrong = (*found.findings, *(finding for several in outside.values() for finding in several))
        findings += located(wrong, extension.texts())
        folder = workspace.root / extension.directory
        images += [planned(extension, folder, one, stage) for one in found.builds if not outside[one.ref]]
    return images, tuple(findings)


class _Crew(Struct, frozen=True):
    """Who builds, for whom, with which libraries; the commit is only asked for when something is built."""

    engine: Engine
    request: ImagesBuildRequest
    audience: Audience
    state: Callable[[], SourceState]
    libraries: tuple[Library, ...]

    def build(self, images: Sequence[PlannedImage]) -> tuple[list[BuiltImage], Mapping[str, LocalImage]]:
        """What became of the images, and those that the engine had before."""
        known = self._known(images)
        done: Counter[str] = Counter()

        def work(image: PlannedImage, is_stopped: IsStopped) -> BuiltImage:
            built = self._one(image, known, is_stopped)
            done["images"] += 1
            self.audience.advance("Building images", done["images"], len(images))
            return built

        return in_parallel(self.request.jobs, images, work), known

    def _known(self, images: Sequence[PlannedImage]) -> Mapping[str, LocalImage]:
        """The base images and, if that matters, the earlier builds that the engine has."""
        wanted = [base for image in images for base in bases(image.dockerfile)]
        return self.engine.inspect([*wanted, *(image.ref for image in images)])

    def _one(self, image: PlannedImage, known: Mapping[str, LocalImage], is_stopped: IsStopped) -> BuiltImage:
        begun = time.monotonic()
        made = recipe(image, self.request.network)
        try:
            refuse_absent_libraries(image, self.libraries)
            digest = recipe_digest(made, image, known)
            before = known.get(image.ref)
            if self.request.changed and before and before.labels.get(RECIPE_LABEL) == digest:
                return _built(image, BuildOutcome.UNCHANGED, begun)
            if is_stopped():
                raise StoppedError
            made = replace(labelled(made, image, self.state(), digest), no_cache=self.request.no_cache)
            listener = Listener(lambda text: self.audience.line(image.label, text), is_stopped)
            self.engine.build(made, listener)
        except CatalogError as error:
            return _failed(image, begun, error)
        except OSError as error:
            return _failed(image, begun, _unreadable(image, error))
        return _built(image, BuildOutcome.BUILT, begun)


def _built(image: PlannedImage, outcome: BuildOutcome, begun: float) -> BuiltImage:
    return BuiltImage(
        extension=image.extension.name,
        services=image.build.services,
        ref=image.ref,
        outcome=outcome,
        seconds=round(time.monotonic() - begun, 3),
    )


def _failed(image: PlannedImage, begun: float, error: CatalogError) -> BuiltImage:
    failed = _built(image, BuildOutcome.FAILED, begun)
    return failed.model_copy(update={"message": error.message, "hint": error.hint, "code": error.exit_code})


def _unreadable(image: PlannedImage, error: OSError) -> CatalogError:
    return CatalogError(
        f"The context of {image.label} cannot be read: {error}", "Look at the permissions of the file"
    )


def _recorded(
    workspace: Workspace, engine: Engine, built: Sequence[BuiltImage], known: Mapping[str, LocalImage]
) -> list[BuiltImage]:
    """The images with what the engine says of them, which is also noted in the workspace."""
    as_before = {image.ref for image in built if image.outcome is BuildOutcome.UNCHANGED}
    new = [image.ref for image in built if image.outcome is BuildOutcome.BUILT]
    local = {ref: known[ref] for ref in as_before} | engine.inspect(new)
    record_image_facts(workspace.root, {ref: local_facts(image) for ref, image in local.items()})
    return [
        image.model_copy(update={"image_id": local[image.ref].image_id, "bytes": local[image.ref].size})
        if image.ref in local
        else image
        for image in built
    ]
