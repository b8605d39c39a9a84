"""Cleaning removes exactly what each level says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.operations.clean import CleanRequest, Level, clean
from catalog.workspace.workspace import open_workspace
from tests.support.trees import tree

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, str | None] = {
    "apps/a/main.py": "x",
    "apps/a/.pytest_cache/v": "x",
    "apps/a/backend/__pycache__/m.pyc": "x",
    "apps/a/stray.pyc": "x",
    "apps/a/.coverage": "x",
    "apps/a/.coverage.host.1": "x",
    "apps/a/frontend/node_modules/p/node_modules/q": "x",
    "apps/a/frontend/node_modules/p/__pycache__/m.pyc": "x",
    "build/registry/x": "x",
    "dist/bundle.tar.gz": "x",
    ".venv/bin/python": "x",
    ".git/objects/__pycache__/x": "x",
}
ALWAYS = {"apps/a/main.py", ".git/objects/__pycache__/x"}
DIST = {"dist/bundle.tar.gz"}
DEPENDENCIES = {name for name in FILES if "node_modules" in name or ".venv" in name}
ARTIFACTS = set(FILES) - ALWAYS - DIST - DEPENDENCIES


@pytest.mark.parametrize(
    ("level", "kept"),
    [
        (Level.BUILD, ALWAYS | DIST | DEPENDENCIES),
        (Level.DEPENDENCIES, ALWAYS | DIST | ARTIFACTS),
        (Level.ALL, ALWAYS | DIST),
        (Level.DIST, ALWAYS),
    ],
)
def test_a_level_removes_what_it_says_and_keeps_the_rest(
    tmp_path: Path, level: Level, kept: set[str]
) -> None:
    tree(tmp_path, dict(FILES))
    result = clean(open_workspace(tmp_path, tmp_path), CleanRequest(level=level))
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == kept
    assert result.bytes == len(set(FILES) - kept)


def test_a_dry_run_removes_nothing_and_names_the_same(tmp_path: Path) -> None:
    tree(tmp_path, dict(FILES))
    workspace = open_workspace(tmp_path, tmp_path)
    promised = clean(workspace, CleanRequest(level=Level.DIST, dry_run=True))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == len(FILES)
    assert clean(workspace, CleanRequest(level=Level.DIST)).removed == promised.removed


def test_a_second_run_finds_nothing(tmp_path: Path) -> None:
    tree(tmp_path, dict(FILES))
    workspace = open_workspace(tmp_path, tmp_path)
    clean(workspace, CleanRequest(level=Level.DIST))
    assert clean(workspace, CleanRequest(level=Level.DIST)).removed == ()


def test_a_link_is_removed_and_never_followed(tmp_path: Path) -> None:
    tree(tmp_path / "outside", {"precious": "x"})
    tree(tmp_path / "ws", {"apps/a/x": "x", "build": tmp_path / "outside"})
    clean(open_workspace(tmp_path / "ws", tmp_path), CleanRequest())
    assert (tmp_path / "outside/precious").exists()
    assert not (tmp_path / "ws/build").is_symlink()
