"""Some extensions of a workspace -> all that a build or a bundle needs of them, with every finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.model.finding import sort_key
from catalog.operations.kept_extensions import KeptExtensions
from catalog.operations.progress import counted
from catalog.rules.workspace import check_workspace
from catalog.workspace.kept import Kept

if TYPE_CHECKING:
    from catalog.model.finding import Finding
    from catalog.operations.prepare import Prepared, PrepareOptions
    from catalog.operations.progress import Progress
    from catalog.workspace.folders import ExtensionFolder


@dataclass(frozen=True, slots=True)
class Gathered:
    """The extensions without errors, in the order of their folders, the names of the others, and findings.

    `read` counts the extensions that were read, and not taken from an earlier run.
    """

    sound: tuple[Prepared, ...]
    broken: tuple[str, ...]
    findings: tuple[Finding, ...]
    read: int = 0


def gather(
    folders: list[ExtensionFolder], options: PrepareOptions, progress: Progress, kept: Kept | None = None
) -> Gathered:
    """Read, check and prepare the extensions in `folders`, except those that are in `kept` as they are.

    Raises:
        MissingError: a v3 catalog lacks an image's digest.
    """
    extensions = KeptExtensions(kept or Kept(None), options)
    prepared = list(counted(extensions.prepared(folders), "Reading extensions", progress, folders))
    across = check_workspace([folder.directory for folder in folders])
    findings = tuple(sorted([*across, *(found for one in prepared for found in one.findings)], key=sort_key))
    clashing = {finding.file.name for finding in across if finding.is_error}
    broken = clashing | {one.name for one in prepared if not one.entries}
    sound = tuple(one for one in prepared if one.name not in broken)
    return Gathered(sound, tuple(sorted(broken)), findings, extensions.read)
