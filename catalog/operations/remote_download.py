"""Downloads a published catalog with its pictures into a folder, as a registry that others can read."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from catalog.model.file_tree import TreeFile
from catalog.operations.progress import Progress, Silence, counted
from catalog.operations.remote_target import RemoteRequest, open_target
from catalog.operations.result import PathField, Result
from catalog.registry.layout import GARDEN, RepositoryVersion
from catalog.registry.picture_name import file_in
from catalog.registry.published import Published
from catalog.registry.stage import Stage
from catalog.remote.catalog_commit import EMPTY
from catalog.workspace.output_place import refuse_output_among_extensions
from catalog.workspace.writing import swap_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from catalog.operations.remote_target import Target


class RemoteDownloadRequest(RemoteRequest):
    """Which published catalog, and into which folder (None: `dist/published-STAGE`)."""

    out: PathField | None = None


class RemoteDownloadResult(Result):
    """Where the catalog came from and is now, what it has, and the pictures that are not there.

    With `has_ranges`, a name has several entries, each for other versions of the platform; a build has one.
    """

    stage: Stage
    version: RepositoryVersion
    address: str
    root: PathField
    entries: int
    pictures: int
    missing_pictures: tuple[str, ...] = ()
    has_ranges: bool = False


def remote_download(
    root: Path, request: RemoteDownloadRequest, progress: Progress | None = None
) -> RemoteDownloadResult:
    """Replace the folder by what is published at the stage of the workspace at `root`.

    Raises:
        UsageError: the stage has no store, a setting is wrong, or the folder lies among extensions.
        ConflictError: the folder holds something else.
        MissingError: the store or the disk cannot be reached, or refuses.
        IntegrityError: what is published is no catalog.
    """
    out = root / (request.out or Path("dist") / f"published-{request.stage.value}")
    refuse_output_among_extensions(root, out, "catalog remote download --out dist/published")
    target = open_target(root, request)
    apps, tools = target.catalog.read().contents()
    published = Published.read(apps, tools, target.address)
    keys = picture_keys(published, target)
    found = {
        key: target.store.read(key) for key in counted(keys, "Downloading pictures", progress or Silence())
    }
    pictures = {key: file.content for key, file in found.items() if file}
    files = {
        str(target.garden.apps): EMPTY if apps is None else apps,
        str(target.garden.tools): EMPTY if tools is None else tools,
        **pictures,
    }
    swap_tree(out, _tree(files.items()), markers=(str(GARDEN),))
    names = [placed.entry.name for placed in published.placed()]
    return RemoteDownloadResult(
        stage=request.stage,
        version=request.version,
        address=target.address,
        root=out,
        entries=len(names),
        pictures=len(pictures),
        missing_pictures=tuple(key for key in keys if key not in pictures),
        has_ranges=len(set(names)) < len(names),
    )


def picture_keys(published: Published, target: Target) -> list[str]:
    """The pictures of our own folder that entries name, each once; others lie somewhere else."""
    names = (file_in(placed.entry.data.get("preview_image"), target.garden) for placed in published.placed())
    return list(dict.fromkeys(str(target.garden.pictures / name) for name in names if name))


def _tree(files: Iterable[tuple[str, bytes]]) -> Iterator[TreeFile]:
    return (TreeFile(PurePosixPath(key), content) for key, content in files)
