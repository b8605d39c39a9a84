"""Has a platform import extensions from the catalog that it reads, and looks at what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import CatalogError, ConflictError
from catalog.operations.kamiwaza_platform import Nobody, PlatformRequest, open_platform
from catalog.operations.result import Result
from catalog.remote.failures import PlatformError
from catalog.remote.push_plan import Deed
from catalog.remote.sync_plan import outcome, plan_sync

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.operations.kamiwaza_platform import Person
    from catalog.remote.kamiwaza_api import KamiwazaApi
    from catalog.remote.sync_plan import SyncStep
    from catalog.remote.templates import Template


class PlatformSyncRequest(PlatformRequest):
    """Which extensions of the platform's catalog, all when none is named; a `dry_run` only compares."""

    names: tuple[str, ...] = ()
    dry_run: bool = False


class Synced(Result):
    """What the platform did about one extension: versions there before and after, and why, if it matters."""

    name: str
    deed: Deed
    before: str | None = None
    after: str | None = None
    reason: str = ""
    exit_status: int = 0


class PlatformSyncResult(Result):
    """What came of it, one extension after the other."""

    platform: str
    dry_run: bool
    extensions: tuple[Synced, ...]

    @property
    def exit_code(self) -> int:
        """The gravest of all: 0 when nothing was refused."""
        return max((one.exit_status for one in self.extensions), default=self.DONE)


def kamiwaza_sync(
    root: Path | None, request: PlatformSyncRequest, person: Person | None = None
) -> PlatformSyncResult:
    """Bring the platform's templates to what its own catalog has; `root` is the workspace's folder, if any.

    Raises:
        UsageError: an address or a file with settings is wrong.
        MissingError: the platform cannot be used; whether it imported something is said where that is known.
    """
    with open_platform(root, request, person or Nobody()) as api:
        apps, tools = api.remote(tools=False), api.remote(tools=True)
        steps = plan_sync(request.names, apps, tools, api.templates())
        failures = {} if request.dry_run else _imported(api, steps)
        after = [] if request.dry_run else _looked_up(api)
        address = str(api.address)
    results = [
        _planned(step) if request.dry_run else _result(step, after, failures.get(step.is_tool))
        for step in steps
    ]
    return PlatformSyncResult(platform=address, dry_run=request.dry_run, extensions=tuple(results))


def _imported(api: KamiwazaApi, steps: list[SyncStep]) -> dict[bool, CatalogError]:
    """Have the platform import, apps apart from tools; what failed, by whether that was the tools."""
    failures = {}
    for tools in (False, True):
        wanted = {Deed.CREATED, Deed.UPDATED}
        names = [step.name for step in steps if step.is_tool is tools and step.deed in wanted]
        try:
            if names:
                api.sync(names, tools=tools)
        except CatalogError as error:
            failures[tools] = error
    return failures


def _looked_up(api: KamiwazaApi) -> list[Template]:
    try:
        return api.templates()
    except PlatformError as error:
        message = f"The platform was asked to import, but what came of it is not known. {error.message}"
        raise PlatformError(message, "See what is there with: catalog kamiwaza list") from None


def _planned(step: SyncStep) -> Synced:
    status = ConflictError.exit_code if step.deed is Deed.REFUSED else 0
    return _synced(step, step.reason, status)


def _result(step: SyncStep, templates: list[Template], failure: CatalogError | None) -> Synced:
    """What came of a step; what the platform has now says more than what it answered."""
    done = outcome(step, templates)
    if done.deed is not Deed.REFUSED:
        return _synced(done, done.reason, 0)
    if step.deed is Deed.REFUSED or failure is None:
        return _synced(done, done.reason, ConflictError.exit_code)
    return _synced(done, f"{failure.message} {failure.hint}".strip(), failure.exit_code)


def _synced(step: SyncStep, reason: str, status: int) -> Synced:
    return Synced(
        name=step.name,
        deed=step.deed,
        before=step.before,
        after=step.after,
        reason=reason,
        exit_status=status,
    )
