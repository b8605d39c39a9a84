"""Cleaning removes exactly what the extension guide lists at each level, and keeps the rest."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from catalog.errors import MissingError
from catalog.operations.clean import CleanRequest, CleanResult, Level, clean
from catalog.workspace.workspace import open_workspace
from tests.support.trees import tree

if TYPE_CHECKING:
    from pathlib import Path

# The rows of "Cleanup Commands", each with what it stands for on a disk.
BUILD = {"build/kamiwaza-extension-registry/garden/default/apps.json", "build/__pycache__/m.pyc"}
BYTECODE = {
    "apps/a/backend/__pycache__/m.cpython-311.pyc",
    "apps/a/stray.pyc",
    "tools/t/old.pyo",
    "__pycache__/conftest.pyc",
}
TEST_CACHES = {
    "apps/a/.pytest_cache/v/lastfailed",
    ".mypy_cache/3.11/x.json",
    ".ruff_cache/0/x",
    "tools/t/.hypothesis/examples/x",
}
COVERAGE = {
    "apps/a/.coverage",
    "apps/a/.coverage.host.1",
    "apps/a/coverage.xml",
    "apps/a/coverage.json",
    "apps/a/htmlcov/index.html",
    "apps/a/frontend/.nyc_output/x.json",
    "apps/a/frontend/coverage/lcov.info",
    "apps/a/frontend/coverage/src/index.html",
    "services/service-s/coverage.out",
    ".catalog/test-results/a/backend/pytest/coverage.xml",
}
NODE_MODULES = {
    "apps/a/frontend/node_modules/p/index.js",
    "apps/a/frontend/node_modules/p/node_modules/q/index.js",
    "apps/a/frontend/node_modules/p/__pycache__/m.pyc",
    "tools/t/node_modules/p/coverage/lcov.info",
    "node_modules/p/index.js",
}
VENV = {".venv/bin/python", ".venv/lib/python3.11/site-packages/m/__pycache__/m.pyc"}
DIST = {
    "dist/kamiwaza-registry-20251014-120000.tar.gz",
    "dist/registry-backups/apps.json",
    "dist/unpacked/node_modules/p/index.js",
    "dist/unpacked/__pycache__/m.pyc",
}
SOURCES = {
    "apps/a/main.py",
    "apps/a/.coveragerc",
    "apps/a/coverage.py",
    "apps/a/backend/coverage/report.py",
    "apps/a/backend/build/keep.txt",
    "apps/a/docker-compose.appgarden.yml",
    "shared/python/dist/kamiwaza_auth-0.1.0-py3-none-any.whl",
    "shared/typescript/kamiwaza-auth/kamiwaza-auth-0.1.0.tgz",
    ".catalog/images.json",
    "catalog-history.json",
    ".env",
    ".git/objects/__pycache__/x",
    ".git/modules/node_modules/x",
}
CACHE = {".cache/catalog/pictures/a.webp", ".cache/catalog/builds/__pycache__/x.pyc"}
ARTIFACTS = BUILD | BYTECODE | TEST_CACHES | COVERAGE
DEPENDENCIES = NODE_MODULES | VENV
FILES = ARTIFACTS | DEPENDENCIES | DIST | SOURCES | CACHE
LEVELS = [
    (Level.BUILD, ARTIFACTS),
    (Level.DEPENDENCIES, DEPENDENCIES),
    (Level.ALL, ARTIFACTS | DEPENDENCIES),
    (Level.DIST, ARTIFACTS | DEPENDENCIES | DIST),
]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose cache lies in it, as jobs of CI services have it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    return tree(tmp_path, dict.fromkeys(FILES, "x"))


def cleaned(root: Path, level: Level, *, dry_run: bool = False) -> CleanResult:
    return clean(open_workspace(root, root), CleanRequest(level=level, dry_run=dry_run))


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("level", "gone"), LEVELS)
def test_a_level_removes_what_the_guide_lists_and_keeps_the_rest(
    root: Path, level: Level, gone: set[str]
) -> None:
    result = cleaned(root, level)
    assert FILES - files(root) == gone
    assert result.bytes == len(gone)


def test_all_is_the_same_as_one_after_the_other(root: Path) -> None:
    cleaned(root, Level.BUILD)
    cleaned(root, Level.DEPENDENCIES)
    assert cleaned(root, Level.ALL).removed == ()


@pytest.mark.parametrize(("level", "gone"), LEVELS)
def test_a_dry_run_removes_nothing_and_names_the_same(root: Path, level: Level, gone: set[str]) -> None:
    promised = cleaned(root, level, dry_run=True)
    assert files(root) == FILES
    assert promised.bytes == len(gone)
    assert cleaned(root, level).removed == promised.removed


def test_a_second_run_finds_nothing(root: Path) -> None:
    cleaned(root, Level.DIST)
    assert cleaned(root, Level.DIST).removed == ()


@pytest.mark.parametrize("name", ["build", "dist", ".venv", "apps/a/node_modules", "apps/a/__pycache__"])
def test_a_link_is_removed_and_never_followed(tmp_path: Path, name: str) -> None:
    tree(tmp_path / "outside", {"precious": "x", "lcov.info": "x"})
    tree(tmp_path / "ws", {"apps/a/x": "x", name: tmp_path / "outside"})
    cleaned(tmp_path / "ws", Level.DIST)
    assert files(tmp_path / "outside") == {"precious", "lcov.info"}
    assert not (tmp_path / "ws" / name).is_symlink()


def test_a_link_that_is_called_coverage_is_left_alone(tmp_path: Path) -> None:
    tree(tmp_path / "outside", {"lcov.info": "x"})
    tree(tmp_path / "ws", {"apps/a/coverage": tmp_path / "outside"})
    assert cleaned(tmp_path / "ws", Level.DIST).removed == ()


def test_what_cannot_be_removed_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("catalog.operations.clean.shutil.rmtree", refuse)
    with pytest.raises(MissingError, match="cannot be removed: permission denied"):
        cleaned(root, Level.BUILD)


def test_what_was_committed_stays_although_it_is_called_like_a_leftover(tmp_path: Path) -> None:
    kept = {"apps/a/tests/data/coverage.xml", "apps/a/coverage/lcov.info", "apps/a/coverage/main.py"}
    tree(tmp_path, dict.fromkeys(kept, "x"))
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    left = {"apps/a/coverage.xml", "apps/a/coverage/__pycache__/m.pyc", "apps/b/coverage/lcov.info"}
    tree(tmp_path, dict.fromkeys(left, "x"))
    clean(open_workspace(tmp_path, tmp_path), CleanRequest())
    files = {str(path.relative_to(tmp_path)) for path in (tmp_path / "apps").rglob("*") if path.is_file()}
    assert files == kept
