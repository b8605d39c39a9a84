"""Packs registry, website and images of a workspace into a bundle for a place without internet.

Everything is decided before the first byte is written; the bundle appears in its place whole, or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.image_saver import store_images
from catalog.bundle.manifest import utc
from catalog.bundle.spool import open_spool
from catalog.engine.find import find_engine
from catalog.errors import MissingError, UsageError
from catalog.model.finding import has_errors
from catalog.operations.gather import gather
from catalog.operations.local_facts import local_facts
from catalog.operations.package_contents import PackageInputs, contents
from catalog.operations.package_images import look_up, missing_error, needed_images, pull_missing
from catalog.operations.package_output import Output
from catalog.operations.package_plan import bundle_epoch, make_plan, missing_of
from catalog.operations.package_report import extension_sizes, shared_layers
from catalog.operations.package_request import PackageResult
from catalog.operations.prepare import PrepareOptions
from catalog.operations.progress import Silence
from catalog.registry.layout import RepositoryVersion
from catalog.workspace.cache import cache_folder
from catalog.workspace.extensions import select_folders
from catalog.workspace.image_facts import image_digests, record_image_facts
from catalog.workspace.output_place import refuse_output_among_extensions
from catalog.workspace.source_state import source_state
from catalog.workspace.source_time import source_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.bundle.packed import StoredImage
    from catalog.engine.engine import Engine, EngineInfo, LocalImage
    from catalog.operations.gather import Gathered
    from catalog.operations.package_images import NeededImage
    from catalog.operations.package_plan import PackagePlan
    from catalog.operations.package_request import PackageRequest
    from catalog.operations.progress import Progress
    from catalog.workspace.source_state import SourceState
    from catalog.workspace.workspace import Workspace


def package(
    workspace: Workspace,
    request: PackageRequest,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> PackageResult:
    """Pack what the request asks for; `engine` is found unless given.

    Raises:
        UsageError: the workspace has no extensions, a name is unknown, or the bundle would lie among them.
        FindingsError: two different images would get one name.
        MissingError: no engine, an image that is not to be had, too little room, a disk that refuses.
        IntegrityError: an image is not what it claims to be.
        ConflictError: another bundle has the name already.
    """
    listener = progress or Silence()
    refuse_output_among_extensions(workspace.root, request.out, "catalog package --out dist")
    found = _gathered(workspace, request, listener)
    if has_errors(found.findings):
        return PackageResult(left_out=found.broken, findings=found.findings)
    needed = needed_images(found.sound) if request.images else ()
    desk = _Desk.of(workspace, request, listener, (engine or find_engine(request.engine)) if needed else None)
    plan = _planned(desk, found, needed)
    return _carried_out(desk, found, plan) if not request.dry_run else _foreseen(desk, found, plan)


class _Desk(Struct, frozen=True):
    """What a packing works with; `engine` and `info` are None when no image goes in."""

    workspace: Workspace
    request: PackageRequest
    progress: Progress
    cache: BlobCache
    output: Output
    source: SourceState
    engine: Engine | None
    info: EngineInfo | None

    @classmethod
    def of(
        cls, workspace: Workspace, request: PackageRequest, progress: Progress, engine: Engine | None
    ) -> _Desk:
        """The desk for one request; the signing key is opened here, so that a wrong one stops at once."""
        return cls(
            workspace=workspace,
            request=request,
            progress=progress,
            cache=BlobCache(cache_folder("blobs")),
            output=Output.of(request),
            source=source_state(workspace.root),
            engine=engine,
            info=engine.info() if engine else None,
        )

    @property
    def platform(self) -> str:
        """What the images must run on."""
        return self.request.platform or (self.info.platform if self.info else "")


def _gathered(workspace: Workspace, request: PackageRequest, progress: Progress) -> Gathered:
    folders = select_folders(workspace.root, request.names)
    if not folders:
        raise UsageError(
            f"The workspace {workspace.root} has no extensions.", "Make one with: catalog new app my-app"
        )
    digests = image_digests(workspace.root) if RepositoryVersion.V3 in request.versions else {}
    options = PrepareOptions(workspace, request.stage, request.versions, digests, for_bundle=True)
    return gather(folders, options, progress)


def _planned(desk: _Desk, found: Gathered, needed: tuple[NeededImage, ...]) -> PackagePlan:
    local = look_up(desk.engine, needed, desk.platform) if desk.engine else {}
    names = [extension.name for extension in found.sound]
    newest = source_time(desk.workspace.root, desk.source, names)
    plan = make_plan(
        desk.request,
        needed,
        local,
        out=desk.workspace.root / desk.request.out,
        epoch=bundle_epoch(newest, local.values()),
        platform=desk.platform,
        cache=desk.cache,
    )
    if plan.absent and not (plan.may_pull or plan.may_miss):
        raise missing_error(plan.absent, {})
    return plan


def _foreseen(desk: _Desk, found: Gathered, plan: PackagePlan) -> PackageResult:
    plan.require_room(desk.cache.folder, plan.local)
    missing = () if plan.may_pull else missing_of(plan.absent)
    return PackageResult(
        created=utc(plan.epoch),
        platform=plan.platform,
        signer=desk.output.signer,
        missing=missing,
        actions=plan.actions(),
        findings=found.findings,
        dry_run=True,
    )


def _carried_out(desk: _Desk, found: Gathered, plan: PackagePlan) -> PackageResult:
    local, absent = _fetched(desk, plan)
    plan.require_room(desk.cache.folder, local)
    record_image_facts(desk.workspace.root, {image.ref: local_facts(image) for image in local.values()})
    stored = _stored(desk, local)
    inputs = PackageInputs(
        workspace=desk.workspace,
        request=desk.request,
        plan=plan,
        extensions=found.sound,
        stored=stored,
        missing=missing_of(absent),
        cache=desk.cache,
        signer=desk.output.signer,
        engine=desk.info,
        source=desk.source,
    )
    with open_spool(plan.target.parent) as spool:
        made = contents(inputs, spool, desk.progress)
        written = desk.output.write(plan.target, made.files, plan.epoch, desk.progress)
    return PackageResult(
        path=written.path,
        sha256=written.sha256,
        parts=written.parts,
        created=made.manifest.created,
        platform=plan.platform,
        signer=desk.output.signer,
        sizes=made.manifest.sizes,
        extensions=extension_sizes(inputs.images()),
        shared=shared_layers(inputs.images()),
        missing=inputs.missing,
        actions=plan.actions(),
        findings=found.findings,
    )


def _fetched(desk: _Desk, plan: PackagePlan) -> tuple[dict[str, LocalImage], list[NeededImage]]:
    """The images that there are by now, by full name, and those that are not to be had."""
    local, refused = dict(plan.local), dict[str, MissingError]()
    if desk.engine and plan.may_pull and plan.absent:
        fetched, refused = pull_missing(desk.engine, plan.absent, plan.platform, desk.progress)
        local |= fetched
    absent = [image for image in plan.absent if image.full not in local]
    if absent and not plan.may_miss:
        raise missing_error(absent, refused)
    return local, absent


def _stored(desk: _Desk, local: Mapping[str, LocalImage]) -> dict[str, StoredImage]:
    """Every image in the cache, checked, by its full name."""
    if desk.engine is None:
        return {}
    if desk.request.verify_cache:
        desk.cache.verify(desk.progress.transferred)
    images = list(local.values())
    stored = store_images(desk.engine, images, desk.cache, desk.progress.transferred, desk.request.platform)
    return {full: stored[image.ref] for full, image in local.items()}
