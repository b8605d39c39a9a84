"""Publishes the extensions of a workspace to a stage: first that their images are there, then the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from catalog.errors import CatalogError, UsageError
from catalog.model.finding import has_errors
from catalog.operations.gather import gather
from catalog.operations.image_targets import image_targets
from catalog.operations.offer import offers
from catalog.operations.prepare import PrepareOptions
from catalog.operations.progress import Progress, Silence
from catalog.operations.publication import Outcome, Wishes, carry_out, plan_publication
from catalog.operations.pullable import ImagesToCome
from catalog.operations.remote_target import RemoteRequest, open_target
from catalog.operations.result import FindingField, PathField, Result, StructField
from catalog.operations.selection import Selection
from catalog.registry.layout import RepositoryVersion
from catalog.registry.merge import Step
from catalog.registry.merge_rules import Deed
from catalog.registry.stage import Stage
from catalog.workspace.extensions import select_folders
from catalog.workspace.image_facts import image_digests
from catalog.workspace.publish_settings import images_of_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from catalog.operations.prepare import Prepared
    from catalog.operations.pullable import PullableImages
    from catalog.workspace.workspace import Workspace


class PublishRequest(RemoteRequest):
    """Where to publish; with `dry_run` nothing is written, `forced` names replace what is there (dev only).

    With `site`, the website is published as well. `wait` is the seconds that somebody else's lock is waited
    for. A dry run with `images_first` counts the images that the workspace builds as published.
    """

    dry_run: bool = False
    images_first: bool = False
    site: bool = False
    forced: frozenset[str] = frozenset()
    wait: float = 300.0


class PublishResult(Result):
    """The step for every entry, what stands in the way, and what was done.

    `missing_images` has the reason for each reference that cannot be pulled; `backup` is the folder with the
    catalog as it was; `site_files` counts what was written of the website (None: not asked for, or failed).
    `site_problem`, with its hint and exit code, says why a website is not published although the catalog is.
    """

    MISSING: ClassVar[int] = 3
    CONFLICT: ClassVar[int] = 5

    stage: Stage
    version: RepositoryVersion
    address: str
    dry_run: bool
    steps: tuple[StructField[Step], ...] = ()
    missing_images: dict[str, str] = Field(default_factory=dict)
    findings: tuple[FindingField, ...] = ()
    is_published: bool = False
    backup: PathField | None = None
    site_files: int | None = None
    site_problem: str = ""
    site_hint: str = ""
    site_code: int = 0

    @property
    def exit_code(self) -> int:
        """1 for findings, 5 for conflicts, 3 for missing images, else that of the website."""
        if has_errors(self.findings):
            return self.FOUND
        if any(step.deed is Deed.CONFLICT for step in self.steps):
            return self.CONFLICT
        return self.MISSING if self.missing_images else self.site_code


def publish(
    workspace: Workspace, request: PublishRequest, images: PullableImages, progress: Progress | None = None
) -> PublishResult:
    """Bring every extension of the workspace into the published catalog, or say what stands in the way.

    Raises:
        UsageError: the stage has no store, or something is forced that must not be.
        ConflictError: the lock is held by others for too long, or was lost.
        MissingError: the store, a registry or the disk cannot be reached, or refuses.
        IntegrityError: what is published is no catalog.
    """
    _refuse_contradictions(request)
    target = open_target(workspace.root, request)
    listener = progress or Silence()
    where = images_of_stage(workspace.root, request.stage)
    found = gather(select_folders(workspace.root), _options(workspace, request, where), listener)
    result = PublishResult(
        stage=request.stage,
        version=request.version,
        address=target.address,
        dry_run=request.dry_run,
        findings=found.findings,
    )
    if has_errors(found.findings):
        return result
    _refuse_unknown(request.forced, found.sound)
    if request.images_first:
        own = image_targets(workspace, Selection(), request.stage, where)
        images = ImagesToCome(images, frozenset(image.ref for image in own))
    wishes = Wishes(offers(found.sound, request.version), images, request.forced, request.wait)
    if request.dry_run:
        return result.model_copy(update=_told(plan_publication(target, wishes)))
    outcome = carry_out(target, wishes)
    told = result.model_copy(update=_told(outcome))
    if not request.site or outcome.is_blocked:
        return told
    from catalog.operations.publish_site import PublishedSite, publish_site  # noqa: PLC0415  # slow to import

    site = PublishedSite(workspace, target, found.sound)
    return told.model_copy(update=_site_told(lambda: publish_site(site, request.wait, listener)))


def _site_told(work: Callable[[], int]) -> dict[str, object]:
    """What came of the website; the catalog is published by then, so a failure must not hide that."""
    try:
        return {"site_files": work()}
    except CatalogError as error:
        return {"site_problem": error.message, "site_hint": error.hint, "site_code": error.exit_code}


def _refuse_contradictions(request: PublishRequest) -> None:
    if request.forced and request.stage is not Stage.DEV:
        raise UsageError(
            "--force is for the stage dev only: others rely on what is published elsewhere.",
            "Raise the version instead: catalog bump NAME patch",
        )
    if request.images_first and not request.dry_run:
        raise UsageError("--images-first only foresees.", "Publish them: catalog images publish")


def _options(workspace: Workspace, request: PublishRequest, where: str) -> PrepareOptions:
    """How extensions are prepared; `where` is the registry and namespace of our own images."""
    digests = image_digests(workspace.root) if request.version is RepositoryVersion.V3 else {}
    return PrepareOptions(workspace, request.stage, (request.version,), digests, images=where)


def _told(outcome: Outcome) -> dict[str, object]:
    return {
        "steps": outcome.plan.steps,
        "missing_images": dict(outcome.missing),
        "is_published": outcome.is_published,
        "backup": outcome.backup,
    }


def _refuse_unknown(forced: frozenset[str], sound: Sequence[Prepared]) -> None:
    unknown = sorted(forced - {one.name for one in sound})
    if unknown:
        raise UsageError(f"There is no extension {unknown[0]} here to force.", "See: catalog list")
