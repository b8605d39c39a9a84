"""Checks extensions and reports every finding of one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.engine.find import find_engine
from catalog.model.finding import Finding, Severity, has_errors, sort_key
from catalog.model.locate import located
from catalog.model.picture import PUBLIC_PREFIXES
from catalog.model.suppression import unused_finding
from catalog.operations.images_here import images_here
from catalog.operations.progress import Progress, Silence, counted
from catalog.operations.result import FindingField, Result, SuppressedField
from catalog.operations.selection import Selection, selected
from catalog.rules.check import check
from catalog.rules.workspace import check_previews, check_workspace
from catalog.workspace.extensions import read_extensions, select_folders
from catalog.workspace.root import SETTINGS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from catalog.engine.engine import Engine
    from catalog.model.extension import Extension
    from catalog.model.suppression import Suppressed
    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.workspace import Workspace


class ValidateRequest(Selection):
    """Which extensions, and whether warnings count as errors (`strict`).

    With `images`, the engine is asked whether it has their images; `engine` names which one.
    """

    strict: bool = False
    images: bool = False
    engine: str | None = None


class ValidateResult(Result):
    """How many extensions were checked, and everything that was found, in order of file and place.

    What the workspace suppresses stands under `suppressed` alone.
    """

    checked: int
    strict: bool
    findings: tuple[FindingField, ...]
    suppressed: tuple[SuppressedField, ...] = ()

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
    workspace: Workspace,
    request: ValidateRequest,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> ValidateResult:
    """Check the extensions that the request means; names are held against the whole workspace.

    Raises:
        UsageError: a name is unknown.
        MissingError: images are asked for, and no engine answers.
    """
    folders, everything = selected(workspace, request), select_folders(workspace.root)
    extensions = counted(
        read_extensions(workspace.root, folders), "Checking extensions", progress or Silence(), folders
    )
    needed = _Needed()
    findings: list[Finding] = []
    for extension in extensions:
        found = check(extension, workspace.settings.organization).findings
        findings += located(found, extension.texts())
        needed.take(extension, whole=request.images)
    findings += located(check_previews(needed.previews), needed.texts)
    findings += _about(folders, check_workspace([folder.directory for folder in everything]))
    if request.images:
        findings += images_here(needed.extensions, workspace, engine or find_engine(request.engine))
    divided = workspace.suppressions.divide(findings)
    unused = _unused(workspace, divided.suppressed, folders, everything)
    return ValidateResult(
        checked=len(folders),
        strict=request.strict,
        findings=tuple(sorted((*divided.shown, *unused), key=sort_key)),
        suppressed=tuple(sorted(divided.suppressed, key=lambda one: sort_key(one.finding))),
    )


@dataclass(slots=True)
class _Needed:
    """What is kept of extensions after their turn: published previews with the text that names them."""

    previews: dict[PurePosixPath, str] = field(default_factory=dict)
    texts: dict[PurePosixPath, str] = field(default_factory=dict)
    extensions: list[Extension] = field(default_factory=list)

    def take(self, extension: Extension, *, whole: bool) -> None:
        source = extension.kamiwaza
        address = source.manifest.preview_image if source else None
        if source is not None and address and address.startswith(PUBLIC_PREFIXES):
            document = source.manifest_document
            self.previews[document.path], self.texts[document.path] = address, document.text
        if whole:
            self.extensions.append(extension)


def _about(folders: Sequence[ExtensionFolder], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those of the findings that are about one of the folders."""
    wanted = {folder.directory for folder in folders}
    for finding in findings:
        if any(finding.file.is_relative_to(directory) for directory in wanted):
            yield finding


def _unused(
    workspace: Workspace,
    suppressed: Iterable[Suppressed],
    folders: Sequence[ExtensionFolder],
    everything: Sequence[ExtensionFolder],
) -> Iterator[Finding]:
    """A finding for each suppression of these folders, or of no folder at all, that has no effect."""
    names, checked = {folder.name for folder in everything}, {folder.name for folder in folders}
    for one in workspace.suppressions.unused(suppressed, checked, names):
        yield unused_finding(one, PurePosixPath(SETTINGS_NAME), is_extension=one.extension in names)
