"""Builds the registry and the website out of the extensions of a workspace.

Every extension is read, checked and turned into an entry; the tree of all files is a plan until it is swapped
in at the end, so a build that fails or is interrupted leaves the one before as it was.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace
from pydantic import Field

from catalog.errors import UsageError
from catalog.model.finding import has_errors, sort_key
from catalog.operations.gather import gather
from catalog.operations.kept_extensions import kept_results
from catalog.operations.new_versions import changes_of
from catalog.operations.prepare import PrepareOptions
from catalog.operations.progress import Progress, Silence
from catalog.operations.result import FindingField, PathField, Request, Result, SuppressedField
from catalog.operations.tree import SiteSources, registry_tree, site_tree
from catalog.registry.layout import GARDEN, INDEX, REGISTRY_ROOT, SITE, RepositoryVersion
from catalog.registry.registry import Registry
from catalog.registry.stage import Stage
from catalog.site.kept_pages import KeptPages
from catalog.workspace.extensions import select_folders
from catalog.workspace.history import brought_up_to_date, read_history, write_history
from catalog.workspace.image_facts import image_digests
from catalog.workspace.output_place import refuse_output_among_extensions
from catalog.workspace.publish_settings import images_of_stage
from catalog.workspace.writing import swap_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.model.file_tree import TreeFile
    from catalog.operations.gather import Gathered
    from catalog.operations.prepare import Prepared
    from catalog.registry.history import History
    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.workspace import Workspace

MARKERS = (str(GARDEN), str(SITE))
"""What every tree that we built has at least one of."""

Part = Literal["registry", "site"]


class BuildRequest(Request):
    """What to build and where.

    `parts` says what goes into the tree, `stage` which tags our images get (None: `v{version}`), `versions`
    which catalog generations are written; with `keep_going`, extensions with errors are left out;
    without `use_cache`, everything is made again; without `record_history`, new versions get no day.
    """

    out: PathField = Path("build")
    parts: frozenset[Part] = frozenset({"registry", "site"})
    stage: Stage | None = None
    versions: tuple[RepositoryVersion, ...] = Field((RepositoryVersion.V1,), min_length=1)
    keep_going: bool = False
    use_cache: bool = True
    record_history: bool = True


class BuildResult(Result):
    """What was built: the root (None when nothing was written), counts, findings, what was left out.

    `read` counts the extensions that were read, `pages_made` the pages that were made; all others were taken
    from the build before.
    """

    root: PathField | None
    apps: int = 0
    services: int = 0
    tools: int = 0
    left_out: tuple[str, ...] = ()
    findings: tuple[FindingField, ...] = ()
    suppressed: tuple[SuppressedField, ...] = ()
    has_registry: bool = True
    has_site: bool = True
    read: int = 0
    pages_made: int = 0
    pages_kept: int = 0

    @property
    def exit_code(self) -> int:
        """1 when errors stopped the build."""
        return self.DONE if self.root else self.FOUND


def build(workspace: Workspace, request: BuildRequest, progress: Progress | None = None) -> BuildResult:
    """Build what the request asks for.

    Raises:
        UsageError: the workspace has no extensions, one of its own files is damaged, or the output folder
            lies among the extensions.
        MissingError: the disk refuses, or a v3 catalog lacks image digests.
        ConflictError: the output folder is not one of ours.
    """
    listener = progress or Silence()
    refuse_output_among_extensions(workspace.root, request.out, "catalog build --out build")
    folders = select_folders(workspace.root)
    if not folders:
        raise UsageError(
            f"The workspace {workspace.root} has no extensions.", "Make one with: catalog new app my-app"
        )
    history = read_history(workspace.root)
    with kept_results(workspace, use_cache=request.use_cache) as kept:
        found = gather(folders, _options(workspace, request), listener, kept)
        if has_errors(found.findings) and not request.keep_going:
            return BuildResult(
                root=None,
                left_out=found.broken,
                findings=found.findings,
                suppressed=found.suppressed,
                read=found.read,
            )
        root = workspace.root / request.out / REGISTRY_ROOT
        pages = KeptPages(kept, root)
        dated = _dated(history, workspace, request, found, folders) if request.record_history else history
        site = SiteSources(found.sound, request.versions[0], dated, pages)
        number = swap_tree(root, _files(workspace, request, site, listener), markers=MARKERS)
        if dated != history:
            write_history(workspace.root, dated)
        if "site" in request.parts:
            pages.written(number)
            kept.forget_the_rest()
    remarks = workspace.suppressions.divide(site.remarks)
    findings = tuple(sorted((*found.findings, *remarks.shown), key=sort_key))
    suppressed = (*found.suppressed, *remarks.suppressed)
    return _result(root, request, replace(found, findings=findings, suppressed=suppressed), pages)


def _options(workspace: Workspace, request: BuildRequest) -> PrepareOptions:
    digests = image_digests(workspace.root) if RepositoryVersion.V3 in request.versions else {}
    images = images_of_stage(workspace.root, request.stage)
    return PrepareOptions(workspace, request.stage, request.versions, digests, images=images)


def _files(
    workspace: Workspace,
    request: BuildRequest,
    site: SiteSources,
    progress: Progress,
) -> Iterator[TreeFile]:
    if "registry" in request.parts:
        yield from registry_tree(site.sound, request.versions)
    if "site" in request.parts:
        yield from site_tree(site, workspace, progress)


def _dated(
    history: History,
    workspace: Workspace,
    request: BuildRequest,
    found: Gathered,
    folders: Sequence[ExtensionFolder],
) -> History:
    versions = {one.name: _version(one) for one in found.sound}
    directories = {folder.name: folder.directory for folder in folders}
    version = request.versions[0]

    def changes(new: frozenset[str]) -> dict[str, list[str]]:
        entries = [one.entries[version] for one in found.sound if one.name in new & history.versions.keys()]
        root = workspace.root / request.out / REGISTRY_ROOT
        return changes_of(entries, root, version.garden) if entries else {}

    return brought_up_to_date(history, workspace.root, versions, directories, changes)


def _version(one: Prepared) -> str:
    return str(next(iter(one.entries.values())).data["version"])


def _result(root: Path, request: BuildRequest, found: Gathered, pages: KeptPages) -> BuildResult:
    registry = Registry.of(one.entries[request.versions[0]] for one in found.sound)
    kinds = [entry.kind.folder for entry in registry.entries]
    return BuildResult(
        root=root,
        apps=kinds.count("apps"),
        services=kinds.count("services"),
        tools=kinds.count("tools"),
        left_out=found.broken,
        findings=found.findings,
        suppressed=found.suppressed,
        has_registry="registry" in request.parts,
        has_site="site" in request.parts,
        read=found.read,
        pages_made=pages.made,
        pages_kept=pages.taken,
    )


def index_page(result: BuildResult) -> Path | None:
    """The page that a browser opens, if a website was built."""
    return result.root / INDEX if result.root and result.has_site else None
