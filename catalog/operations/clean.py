"""Removes what builds, tests and installs have left in a workspace, in the four levels of its Makefile.

What goes and what stays at each level is the list of the extension guide, "Cleanup Commands". The user's
cache is never touched, also where it lies in the workspace, as CI services like to have it; nor is what looks
like a leftover, such as a coverage.xml, but has been committed.
"""

from __future__ import annotations

import os
import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import MissingError
from catalog.operations.result import PathField, Request, Result
from catalog.workspace.cache import cache_root
from catalog.workspace.git import GitError, git_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.workspace.workspace import Workspace

_REPORTS = ".catalog/test-results"  # where `images test` leaves coverage and results
_CACHES = frozenset(
    {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "htmlcov", ".nyc_output"}
)
_BYTECODE = (".pyc", ".pyo")
_COVERAGE = frozenset({".coverage", "coverage.xml", "coverage.json", "coverage.lcov", "coverage.out"})
_COVERAGE_FOLDER = "coverage"  # of jest, vitest and c8; also a fair name for a folder of sources
_COVERAGE_SIGNS = ("lcov.info", "clover.xml", "coverage-final.json", "coverage-summary.json")
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
        yield from _existing(root / _REPORTS)
        yield from _artifacts(root)
    if level is not Level.BUILD:
        yield from _dependencies(root)
    if level is Level.DIST:
        yield from _existing(root / "dist")


def _existing(path: Path) -> Iterator[Path]:
    if path.exists() or path.is_symlink():
        yield path


def _artifacts(root: Path) -> Iterator[Path]:
    """Bytecode, test caches and coverage, outside dependency folders and what has a level of its own."""
    kept, tracked = {root / "build", root / "dist", root / _REPORTS, cache_root()}, _tracked(root)
    for place, folders, files in os.walk(root):
        folder = Path(place)
        found = [name for name in folders if name in _CACHES or _is_coverage(folder / name)]
        found = [name for name in found if folder / name not in tracked]
        left = [name for name in files if name.endswith(_BYTECODE) or _is_coverage_file(name)]
        yield from (folder / name for name in (*found, *left) if folder / name not in tracked)
        left_out = _NEVER_ENTERED | set(found)
        folders[:] = [name for name in folders if name not in left_out and folder / name not in kept]


def _tracked(root: Path) -> frozenset[Path]:
    """What git keeps of the workspace: files, and the folders that they are in."""
    try:
        names = git_answer(root, "ls-files", "-z").split("\0")
    except GitError:
        return frozenset()
    files = [root / name for name in names if name]
    return frozenset(place for file in files for place in (file, *file.parents))


def _is_coverage(path: Path) -> bool:
    """Whether it is a folder of coverage that a test runner has made, and not one that is called so."""
    is_folder = path.name == _COVERAGE_FOLDER and not path.is_symlink()
    return is_folder and any((path / sign).is_file() for sign in _COVERAGE_SIGNS)


def _is_coverage_file(name: str) -> bool:
    return name in _COVERAGE or name.startswith(".coverage.")


def _dependencies(root: Path) -> Iterator[Path]:
    """Folders of installed dependencies, wherever they are; not those inside one another or in packages."""
    kept = {root / "dist", cache_root()}
    for place, folders, _ in os.walk(root):
        folder = Path(place)
        yield from (folder / name for name in folders if name in _DEPENDENCIES)
        folders[:] = [name for name in folders if name not in _NEVER_ENTERED and folder / name not in kept]


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
