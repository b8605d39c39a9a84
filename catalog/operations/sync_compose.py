"""Writes docker-compose.appgarden.yml of each extension from its docker-compose.yml."""

from __future__ import annotations

import difflib
from enum import StrEnum
from typing import TYPE_CHECKING

from catalog.appgarden.emit import to_yaml
from catalog.appgarden.freshness import Freshness, freshness
from catalog.appgarden.transform import transform
from catalog.model.compose import DEPLOYMENT_NAME
from catalog.model.finding import has_errors
from catalog.model.locate import located
from catalog.operations.progress import Progress, Silence, counted
from catalog.operations.result import FindingField, PurePathField, Result
from catalog.operations.selection import Selection, selected
from catalog.workspace.extensions import read_extensions
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from catalog.appgarden.transform import Deployment
    from catalog.model.extension import Extension
    from catalog.workspace.workspace import Workspace


class SyncRequest(Selection):
    """Which extensions; whether only to look (`check`), whether hand-written files are replaced (`force`)."""

    check: bool = False
    force: bool = False


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
    extensions = read_extensions(workspace.root, folders)
    steps = counted(extensions, "Transforming compose files", progress or Silence(), folders)
    return SyncResult(extensions=tuple(_synced(workspace, request, extension) for extension in steps))


def _synced(workspace: Workspace, request: SyncRequest, extension: Extension) -> Synced:
    file = extension.directory / DEPLOYMENT_NAME
    source = extension.kamiwaza
    if source is None or has_errors(extension.findings):
        findings = located(extension.findings, extension.texts())
        return Synced(name=extension.name, file=file, outcome=Outcome.REFUSED, findings=findings)
    if source.development is None:
        return Synced(name=extension.name, file=file, outcome=Outcome.NO_COMPOSE)
    expected = transform(extension, workspace.settings.organization)
    outcome = _outcome(freshness(extension, expected), expected, request)
    findings = () if outcome is Outcome.HANDWRITTEN else located(expected.findings, extension.texts())
    if outcome in {Outcome.HANDWRITTEN, Outcome.REFUSED, Outcome.CURRENT}:
        return Synced(name=extension.name, file=file, outcome=outcome, findings=findings)
    text = to_yaml(expected.data)
    if outcome is Outcome.WRITTEN:
        write_file(workspace.root / file, text.encode())
    diff = _diff(source.deployment.text if source.deployment else "", text, str(file))
    return Synced(name=extension.name, file=file, outcome=outcome, findings=findings, diff=diff)


def _outcome(state: Freshness, expected: Deployment, request: SyncRequest) -> Outcome:
    if state is Freshness.HANDWRITTEN and not request.force:
        return Outcome.HANDWRITTEN
    if expected.data is None:
        return Outcome.REFUSED
    if state is Freshness.CURRENT:
        return Outcome.CURRENT
    return Outcome.STALE if request.check else Outcome.WRITTEN


def _diff(before: str, after: str, name: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"{name} (now)", f"{name} (new)"
    )
    return "".join(lines)
