"""Removes what builds, tests and installs have left in a workspace, in the four levels of its Makefile."""

from __future__ import annotations

import os
import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import MissingError
from catalog.operations.result import PathField, Request, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.workspace.workspace import Workspace

_CACHES = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "htmlcov"})
_DEPENDENCIES = frozenset({"node_modules", ".venv"})
_NEVER_ENTERED = frozenset({".git", *_DEPENDENCIES})


class Level(StrEnum):
    """How much goes: build artifacts; dependencies; both; both and the packages in dist/."""

    BUILD = "build"
    DEPENDENCIES = "deps"
    ALL = "all"
    DIST = "dist"


class CleanRequest(Request):
    """How much goes, and whether only to say so."""

    level: Level = Level.BUILD
    dry_run: bool = False


class CleanResult(Result):
    """What was removed (or would be), and how many bytes that were."""

    removed: tuple[PathField, ...]
    bytes: int
    dry_run: bool


def clean(workspace: Workspace, request: CleanRequest) -> CleanResult:
    """Remove what the level says; links are removed, never followed.

    Raises:
        MissingError: something cannot be removed; what was removed before stays so.
    """
    doomed = sorted(_doomed(workspace.root, request.level))
    size = sum(_size(path) for path in doomed)
    if not request.dry_run:
        for path in doomed:
            _remove(path)
    return CleanResult(removed=tuple(doomed), bytes=size, dry_run=request.dry_run)


def _doomed(root: Path, level: Level) -> Iterator[Path]:
    if level is not Level.DEPENDENCIES:
        yield from _existing(root / "build")
        yield from _artifacts(root)
    if level is not Level.BUILD:
        yield from _dependencies(root)
    if level is Level.DIST:
        yield from _existing(root / "dist")


def _existing(path: Path) -> Iterator[Path]:
    if path.exists() or path.is_symlink():
        yield path


def _artifacts(root: Path) -> Iterator[Path]:
    """Bytecode, test caches and coverage files, outside dependency folders and top build folders."""
    skipped = {root / "build", root / "dist"}
    for place, folders, files in os.walk(root):
        folder = Path(place)
        for name in list(folders):
            path = folder / name
            if name in _CACHES:
                yield path
            if name in _CACHES | _NEVER_ENTERED or path in skipped:
                folders.remove(name)
        yield from (folder / name for name in files if _is_artifact(name))


def _is_artifact(name: str) -> bool:
    is_coverage = name in {".coverage", "coverage.xml"} or name.startswith(".coverage.")
    return name.endswith((".pyc", ".pyo")) or is_coverage


def _dependencies(root: Path) -> Iterator[Path]:
    """Folders of installed dependencies, wherever they are; not those inside one another."""
    for place, folders, _ in os.walk(root):
        found = [name for name in folders if name in _DEPENDENCIES]
        yield from (Path(place) / name for name in found)
        folders[:] = [name for name in folders if name not in _NEVER_ENTERED]


def _size(path: Path) -> int:
    if path.is_symlink() or path.is_file():
        return path.lstat().st_size
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise MissingError(
            f"{error.filename or path} cannot be removed: {(error.strerror or str(error)).lower()}.",
            "Check its permissions, then run the command again.",
        ) from error
