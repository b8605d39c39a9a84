"""Writes docker-compose.appgarden.yml of each extension from its docker-compose.yml."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from catalog.appgarden.freshness import Freshness
from catalog.model.compose import DEPLOYMENT_NAME
from catalog.operations.kept_extensions import KeptExtensions, kept_results
from catalog.operations.prepare import plain_options
from catalog.operations.progress import Progress, Silence, counted
from catalog.operations.renewal import RenewalOptions
from catalog.operations.result import FindingField, PurePathField, Result
from catalog.operations.selection import Selection, selected
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from catalog.operations.prepare import Generation
    from catalog.operations.renewal import Renewal
    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.workspace import Workspace


class SyncRequest(Selection):
    """Which extensions; whether only to look (`check`), whether hand-written files are replaced (`force`).

    Without `use_cache`, every extension is read, also what did not change.
    """

    check: bool = False
    force: bool = False
    use_cache: bool = True


class Outcome(StrEnum):
    """What became of one App Garden file."""

    CURRENT = "current"
    WRITTEN = "written"
    STALE = "stale"
    HANDWRITTEN = "hand-written"
    REFUSED = "refused"
    NO_COMPOSE = "no compose file"


class Synced(Result):
    """One extension: what became of its file, what was found, and how the text differs from before."""

    name: str
    file: PurePathField
    outcome: Outcome
    findings: tuple[FindingField, ...] = ()
    diff: str = ""


class SyncResult(Result):
    """All extensions that were looked at."""

    extensions: tuple[Synced, ...]

    @property
    def exit_code(self) -> int:
        """1 when a file is stale or could not be written, else 0."""
        bad = {Outcome.STALE, Outcome.REFUSED}
        return self.FOUND if any(synced.outcome in bad for synced in self.extensions) else self.DONE


def sync_compose(workspace: Workspace, request: SyncRequest, progress: Progress | None = None) -> SyncResult:
    """Bring the App Garden files up to date, or say which are not.

    Raises:
        UsageError: a name is unknown.
        MissingError: a file cannot be written.
    """
    folders = selected(workspace, request)
    wish = RenewalOptions(is_check=request.check, force=request.force)
    with kept_results(workspace, use_cache=request.use_cache) as kept:
        renewals = KeptExtensions(kept, plain_options(workspace)).renewed(folders, wish)
        steps = counted(renewals, "Transforming compose files", progress or Silence(), folders)
        synced = (
            _synced(workspace, folder, made, request) for folder, made in zip(folders, steps, strict=True)
        )
        return SyncResult(extensions=tuple(synced))


def _synced(workspace: Workspace, folder: ExtensionFolder, made: Renewal, request: SyncRequest) -> Synced:
    """Write what is to be written, and say what became of the file."""
    file = folder.directory / DEPLOYMENT_NAME
    if made.text:
        write_file(workspace.root / file, made.text.encode(), is_lasting=False)
    outcome = _outcome(made.generation, request)
    findings = workspace.suppressions.divide(made.generation.findings).shown
    return Synced(name=folder.name, file=file, outcome=outcome, findings=findings, diff=made.diff)


def _outcome(found: Generation, request: SyncRequest) -> Outcome:
    if found.freshness is None and found.is_possible:
        return Outcome.NO_COMPOSE
    if found.freshness is Freshness.HANDWRITTEN and not request.force:
        return Outcome.HANDWRITTEN
    if not found.is_possible:
        return Outcome.REFUSED
    if found.freshness is Freshness.CURRENT:
        return Outcome.CURRENT
    return Outcome.STALE if request.check else Outcome.WRITTEN
