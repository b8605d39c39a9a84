"""Some extensions of a workspace -> all that a build or a bundle needs of them, with every finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.model.finding import sort_key
from catalog.model.locate import located
from catalog.model.manifest import MANIFEST_NAME
from catalog.operations.kept_extensions import KeptExtensions
from catalog.operations.progress import counted
from catalog.rules.workspace import check_previews, check_workspace
from catalog.workspace.kept import Kept, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from catalog.model.finding import Finding
    from catalog.model.suppression import Suppressed, Suppressions
    from catalog.operations.prepare import Prepared, PrepareOptions
    from catalog.operations.progress import Progress
    from catalog.workspace.folders import ExtensionFolder


class Gathered(Struct, frozen=True):
    """The extensions without errors, in the order of their folders, the names of the others, and findings.

    What the workspace suppresses stands under `suppressed`, and not among any other findings. `read` counts
    the extensions that were read, and not taken from an earlier run.
    """

    sound: tuple[Prepared, ...]
    broken: tuple[str, ...]
    findings: tuple[Finding, ...]
    read: int = 0
    suppressed: tuple[Suppressed, ...] = ()


def gather(
    folders: list[ExtensionFolder], options: PrepareOptions, progress: Progress, kept: Kept | None = None
) -> Gathered:
    """Read, check and prepare the extensions in `folders`, except those that are in `kept` as they are.

    Raises:
        MissingError: a v3 catalog lacks an image's digest.
    """
    extensions = KeptExtensions(kept or Kept(None), options)
    read = list(counted(extensions.prepared(folders), "Reading extensions", progress, folders))
    across = _across(folders, read, options.workspace.root)
    suppressions = options.workspace.suppressions
    found = suppressions.divide(
        sorted([*across, *(finding for one in read for finding in one.findings)], key=sort_key)
    )
    prepared = [_quiet(one, suppressions) for one in read] if found.suppressed else read
    clashing = {finding.file.name for finding in across if finding.is_error}
    broken = clashing | {one.name for one in prepared if not one.entries}
    sound = tuple(one for one in prepared if one.name not in broken)
    return Gathered(sound, tuple(sorted(broken)), found.shown, extensions.read, found.suppressed)


def _across(folders: list[ExtensionFolder], read: list[Prepared], root: Path) -> tuple[Finding, ...]:
    """What only several extensions together can get wrong; those with errors are held against none."""
    names = check_workspace([folder.directory for folder in folders])
    sound = [(folder, one) for folder, one in zip(folders, read, strict=True) if one.entries]
    return (*names, *shared_previews([folder for folder, _ in sound], [one for _, one in sound], root))


def shared_previews(
    folders: Iterable[ExtensionFolder], read: Iterable[Prepared], root: Path
) -> tuple[Finding, ...]:
    """A finding for each extension whose published preview is another's, too."""
    declared = {
        folder.directory / MANIFEST_NAME: one.declared_picture
        for folder, one in zip(folders, read, strict=True)
    }
    previews = check_previews(declared)
    return located(previews, {finding.file: _text(root / finding.file) for finding in previews})


def _text(file: Path) -> str:
    """The text of a manifest that was read before; empty if it has gone."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _quiet(one: Prepared, suppressions: Suppressions) -> Prepared:
    """The extension without its suppressed findings; its pages are others than those with them."""
    found = suppressions.divide(one.findings)
    if not found.suppressed:
        return one
    source = (
        digest(one.source, *(suppressed.finding.code.id for suppressed in found.suppressed))
        if one.source
        else ""
    )
    return replace(one, findings=found.shown, source=source)
