"""Pushes extensions of the workspace to a running platform, exactly as the registry has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from catalog.errors import CatalogError, UsageError
from catalog.model.names import Kind
from catalog.operations.gather import gather
from catalog.operations.kamiwaza_platform import Nobody, PlatformRequest, open_platform
from catalog.operations.kamiwaza_send import Sending
from catalog.operations.prepare import PrepareOptions
from catalog.operations.progress import Silence, counted
from catalog.operations.result import FindingField, Result
from catalog.operations.selection import only_one
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.remote.payload import payload
from catalog.remote.push_plan import Deed
from catalog.remote.shown import shown
from catalog.workspace.extensions import select_folders
from catalog.workspace.image_facts import image_digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from catalog.operations.gather import Gathered
    from catalog.operations.kamiwaza_platform import Person
    from catalog.operations.kamiwaza_send import Sent
    from catalog.operations.prepare import Prepared
    from catalog.operations.progress import Progress
    from catalog.remote.kamiwaza_api import KamiwazaApi
    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.workspace import Workspace


class PushRequest(PlatformRequest):
    """What to push: the extensions with these names, or `everything`; of one kind, if that is given.

    `template_id` replaces that template, whatever it holds; `stage` and `version` are those of a build; a
    `dry_run` only compares.
    """

    names: tuple[str, ...] = ()
    everything: bool = False
    kind: Kind | None = None
    template_id: UUID | None = None
    stage: Stage | None = None
    version: RepositoryVersion = RepositoryVersion.V1
    dry_run: bool = False


class FieldChange(Result):
    """A field that differs: what the platform has and what takes its place, fit to be shown."""

    field: str
    before: Any
    after: Any


class Pushed(Result):
    """What was done with one extension, or would be: versions there `before` and now, and why, if it matters.

    `exit_status` is what a command ends with that pushed this one alone.
    """

    name: str
    kind: Kind
    deed: Deed
    version: str | None = None
    before: str | None = None
    template_id: UUID | None = None
    reason: str = ""
    changes: tuple[FieldChange, ...] = ()
    exit_status: int = 0


class PushResult(Result):
    """What came of it, one extension after the other; `platform` is None if nothing was to be sent."""

    ERRORS: ClassVar[int] = 1

    platform: str | None
    dry_run: bool
    extensions: tuple[Pushed, ...]
    findings: tuple[FindingField, ...] = ()

    @property
    def exit_code(self) -> int:
        """The gravest of all: 0 when nothing was refused."""
        return max((one.exit_status for one in self.extensions), default=self.DONE)


def kamiwaza_push(
    workspace: Workspace,
    request: PushRequest,
    progress: Progress | None = None,
    person: Person | None = None,
) -> PushResult:
    """Bring the platform's templates to what the workspace has.

    Raises:
        UsageError: a name is unknown, options contradict each other, or settings are wrong.
        MissingError: the platform cannot be used, or a v3 entry lacks an image's digest; nothing was pushed.
    """
    folders = _folders(workspace, request)
    found = gather(folders, _options(workspace, request), progress or Silence())
    if not found.sound:
        return _result(None, request, folders, [_broken(folder) for folder in folders], found)
    with open_platform(workspace.root, request, person or Nobody()) as api:
        steps = counted(found.sound, "Pushing extensions", progress or Silence(), found.sound)
        pushed = [*_pushed(api, request, steps)]
        address = str(api.address)
    pushed += [_broken(folder) for folder in folders if folder.name in found.broken]
    return _result(address, request, folders, pushed, found)


def _folders(workspace: Workspace, request: PushRequest) -> list[ExtensionFolder]:
    if bool(request.names) == request.everything:
        raise UsageError("Say what to push: names of extensions, or --all.", "See: catalog list")
    if request.template_id is None or request.everything or len(request.names) > 1:
        if request.template_id is not None:
            raise UsageError("--template-id is for one extension alone.", "Name that one.")
        folders = select_folders(workspace.root, request.names, request.kind)
    else:
        folders = [only_one(workspace, request.names[0], request.kind)]
    if not folders:
        raise UsageError(
            f"The workspace {workspace.root} has no such extensions.", "Make one: catalog new app my-app"
        )
    return folders


def _options(workspace: Workspace, request: PushRequest) -> PrepareOptions:
    digests = image_digests(workspace.root) if request.version is RepositoryVersion.V3 else {}
    return PrepareOptions(workspace, request.stage, (request.version,), digests)


def _pushed(api: KamiwazaApi, request: PushRequest, sound: Iterable[Prepared]) -> Iterator[Pushed]:
    """One line for each extension; what the platform has is asked for once, before anything is sent."""
    sending = Sending(api, api.templates(), is_dry=request.dry_run)
    for one in sound:
        entry = one.entries[request.version]
        try:
            body = payload(entry, Path(one.picture).read_bytes() if one.picture else None)
        except OSError as error:
            reason = f"its picture {one.picture} cannot be read: {error.strerror}"
            yield Pushed(
                name=one.name,
                kind=entry.kind,
                deed=Deed.REFUSED,
                reason=reason,
                exit_status=CatalogError.exit_code,
            )
        else:
            yield _line(one.name, entry.kind, body, sending.push(body, entry.kind, request.template_id))


def _line(name: str, kind: Kind, body: dict[str, Any], sent: Sent) -> Pushed:
    return Pushed(
        name=name,
        kind=kind,
        deed=sent.plan.deed,
        version=body["version"],
        before=sent.plan.before,
        template_id=sent.plan.template_id,
        reason=sent.plan.reason,
        changes=tuple(
            FieldChange(field=change.field, before=change.before, after=change.after)
            for change in map(shown, sent.plan.changes)
        ),
        exit_status=sent.exit_status,
    )


def _broken(folder: ExtensionFolder) -> Pushed:
    return Pushed(
        name=folder.name,
        kind=folder.kind,
        deed=Deed.REFUSED,
        reason=f"it has errors; see them with: catalog validate {folder.name}",
        exit_status=PushResult.ERRORS,
    )


def _result(
    platform: str | None,
    request: PushRequest,
    folders: Sequence[ExtensionFolder],
    pushed: Sequence[Pushed],
    found: Gathered,
) -> PushResult:
    order = {(folder.kind, folder.name): place for place, folder in enumerate(folders)}
    return PushResult(
        platform=platform,
        dry_run=request.dry_run,
        extensions=tuple(sorted(pushed, key=lambda one: order[one.kind, one.name])),
        findings=found.findings,
    )
