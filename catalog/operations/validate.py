"""Checks extensions and reports every finding of one run."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.model.finding import Finding, Severity, has_errors, sort_key
from catalog.model.suppression import unused_finding
from catalog.operations.gather import shared_previews
from catalog.operations.kept_extensions import KeptExtensions, kept_results
from catalog.operations.prepare import plain_options
from catalog.operations.progress import Progress, Silence, counted
from catalog.operations.result import FindingField, Result, SuppressedField
from catalog.operations.selection import Selection, selected
from catalog.rules.workspace import check_workspace
from catalog.workspace.every_setting import demand_sound_settings
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

    With `images`, the engine is asked whether it has their images; `engine` names which one. Without
    `use_cache`, every extension is read, also what did not change.
    """

    strict: bool = False
    images: bool = False
    engine: str | None = None
    use_cache: bool = True


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
        UsageError: a name is unknown, or a table of catalog.toml cannot be used.
        MissingError: images are asked for, and no engine answers.
    """
    demand_sound_settings(workspace.root)
    folders, everything = selected(workspace, request), select_folders(workspace.root)
    with kept_results(workspace, use_cache=request.use_cache) as kept:
        extensions = KeptExtensions(kept, plain_options(workspace)).prepared(folders)
        listener = progress or Silence()
        checked = list(counted(extensions, "Checking extensions", listener, folders))
    findings = [finding for one in checked for finding in one.findings]
    findings += shared_previews(folders, checked, workspace.root)
    findings += _about(folders, check_workspace([folder.directory for folder in everything]))
    if request.images:
        findings += _images(list(read_extensions(workspace.root, folders)), workspace, request, engine)
    divided = workspace.suppressions.divide(findings)
    unused = _unused(workspace, divided.suppressed, folders, everything)
    return ValidateResult(
        checked=len(folders),
        strict=request.strict,
        findings=tuple(sorted((*divided.shown, *unused), key=sort_key)),
        suppressed=tuple(sorted(divided.suppressed, key=lambda one: sort_key(one.finding))),
    )


def _images(
    extensions: Sequence[Extension], workspace: Workspace, request: ValidateRequest, engine: Engine | None
) -> Iterable[Finding]:
    """What the engine lacks; only who asks for it waits until the engine's modules are loaded."""
    from catalog.engine.find import find_engine  # noqa: PLC0415  see above
    from catalog.operations.images_here import images_here  # noqa: PLC0415  see above

    return images_here(extensions, workspace, engine or find_engine(request.engine))


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
