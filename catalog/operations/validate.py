"""Checks extensions and reports every finding of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.model.finding import Finding, Severity, has_errors, sort_key
from catalog.model.locate import located
from catalog.operations.progress import Progress, Silence, counted
from catalog.operations.result import FindingField, Result
from catalog.operations.selection import Selection, selected
from catalog.rules.check import check
from catalog.rules.workspace import check_workspace
from catalog.workspace.extensions import read_extensions, select_folders

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from catalog.workspace.workspace import Workspace


class ValidateRequest(Selection):
    """Which extensions, and whether warnings count as errors (`strict`)."""

    strict: bool = False


class ValidateResult(Result):
    """How many extensions were checked, and everything that was found, in order of file and place."""

    checked: int
    strict: bool
    findings: tuple[FindingField, ...]

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.is_error for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return sum(finding.code.severity is Severity.WARNING for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """1 when there are errors, or, if strict, any findings."""
        failed = bool(self.findings) if self.strict else has_errors(self.findings)
        return self.FOUND if failed else self.DONE


def validate(
    workspace: Workspace, request: ValidateRequest, progress: Progress | None = None
) -> ValidateResult:
    """Check the extensions that the request means; names are held against the whole workspace.

    Raises:
        UsageError: a name is unknown.
    """
    folders = selected(workspace, request)
    findings: list[Finding] = []
    extensions = read_extensions(workspace.root, folders)
    for extension in counted(extensions, "Checking extensions", progress or Silence(), folders):
        found = check(extension, workspace.settings.organization).findings
        findings += located(found, extension.texts())
    everywhere = check_workspace([folder.directory for folder in select_folders(workspace.root)])
    wanted = {folder.directory for folder in folders}
    findings += (finding for finding in everywhere if _concerns(finding, wanted))
    return ValidateResult(
        checked=len(folders), strict=request.strict, findings=tuple(sorted(findings, key=sort_key))
    )


def _concerns(finding: Finding, wanted: set[PurePosixPath]) -> bool:
    return any(finding.file.is_relative_to(directory) for directory in wanted)
