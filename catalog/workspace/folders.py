"""Lists what lies in a workspace: extension folders, and the files of each."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model import codes
from catalog.model.names import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding

DEPENDENCY_FOLDERS = frozenset({"node_modules", ".venv", "venv", "__pycache__", ".git", ".pytest_cache"})
"""Folders whose content belongs to no extension: other people's code and caches."""


class ExtensionFolder(Struct, frozen=True):
    """A folder that holds an extension: where it is, and what it is called in the workspace."""

    path: Path
    directory: PurePosixPath
    kind: Kind
    is_link: bool = False

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.directory.name


class Listing(Struct, frozen=True):
    """The regular files below a folder with their sizes in bytes; what else lies at its top; links outside.

    `top` has the names of all entries of the folder itself, `outside` the links that leave the workspace.
    """

    files: dict[PurePosixPath, int]
    top: frozenset[str] = frozenset()
    outside: frozenset[PurePosixPath] = frozenset()
    findings: tuple[Finding, ...] = ()


def extension_folders(root: Path) -> list[ExtensionFolder]:
    """Every folder in `apps/`, `services/` and `tools/`, by kind and name; hidden ones are skipped."""
    found = []
    for kind in Kind:
        entries = [
            entry for entry in _entries(root / kind.folder) if entry.name[0] != "." and _is_folder(entry)
        ]
        for entry in sorted(entries, key=lambda entry: entry.name):
            directory = PurePosixPath(kind.folder, entry.name)
            found.append(ExtensionFolder(Path(entry.path), directory, kind, entry.is_symlink()))
    return found


def listing(root: Path, folder: ExtensionFolder) -> Listing:
    """The files of an extension; what a link outside the workspace leads to is reported, not listed."""
    files: dict[PurePosixPath, int] = {}
    outside: set[PurePosixPath] = set()
    entries = _entries(folder.path)
    for name, entry in _files_among(entries, ""):
        if entry.is_symlink() and leads_outside(root, entry.path):
            if os.path.exists(entry.path):  # noqa: PTH110  # an os.DirEntry holds a string
                outside.add(PurePosixPath(name))
        elif (size := _size(entry)) is not None:
            files[PurePosixPath(name)] = size
    findings = tuple(
        codes.OUTSIDE_WORKSPACE.at(
            folder.directory / name,
            f"{name} is a link that leads out of the workspace.",
            hint="Put a copy of the file in its place.",
        )
        for name in sorted(outside)
    )
    top = frozenset(entry.name for entry in entries)
    return Listing(dict(sorted(files.items())), top, frozenset(outside), findings)


def leads_outside(root: Path, path: Path | str) -> bool:
    """Whether `path`, with every link followed, lies outside the workspace."""
    return not os.path.realpath(path).startswith(f"{os.path.realpath(root)}{os.sep}")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether the entry is a folder or leads to one; a link to itself does not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _size(entry: os.DirEntry[str]) -> int | None:
    """The size of a regular file in bytes; None for anything else, such as a link to itself."""
    try:
        return entry.stat().st_size if entry.is_file() else None
    except OSError:
        return None


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # a kind without a folder, or one that may not be listed
        return []


def files_below(folder: str, prefix: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below `folder` but folders, by its name behind `prefix`; dependency folders are skipped."""
    yield from _files_among(_entries(folder), prefix)


def _files_among(entries: list[os.DirEntry[str]], prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for entry in entries:
        name = f"{prefix}{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            yield name, entry
        elif entry.name not in DEPENDENCY_FOLDERS:
            yield from files_below(entry.path, f"{name}/")
