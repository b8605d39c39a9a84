"""A workspace is found from anywhere inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.errors import MissingError, UsageError
from catalog.workspace import assets
from catalog.workspace.cache import cache_folder
from catalog.workspace.workspace import open_workspace
from tests.support.trees import tree


@pytest.mark.parametrize("here", [".", "apps", "apps/notes/backend"])
def test_the_nearest_folder_upward_is_the_workspace(tmp_path: Path, here: str) -> None:
    tree(tmp_path, {"apps/notes/backend": None})
    assert open_workspace(None, tmp_path / here).root == tmp_path


def test_a_settings_file_alone_makes_a_workspace(tmp_path: Path) -> None:
    tree(tmp_path, {"catalog.toml": ""})
    assert open_workspace(None, tmp_path).root == tmp_path


def test_the_workspace_may_lie_in_a_folder_called_extensions(tmp_path: Path) -> None:
    tree(tmp_path, {"extensions/tools": None, "docs": None})
    assert open_workspace(None, tmp_path / "docs").root == tmp_path / "extensions"
    assert open_workspace(tmp_path, Path("/")).root == tmp_path / "extensions"


def test_no_workspace_is_an_error_with_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_workspace(None, tmp_path)
    assert "catalog init" in caught.value.hint
    with pytest.raises(UsageError, match="is not a workspace"):
        open_workspace(tmp_path, tmp_path)


def test_the_shipped_folders_are_those_of_the_checkout() -> None:
    assert (assets.shipped("bundle") / "serve-registry.py").is_file()


def test_a_damaged_installation_says_so() -> None:
    with pytest.raises(MissingError, match="no_such_folder"):
        assets.shipped("no_such_folder")


def test_the_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("shell") == tmp_path / "catalog" / "shell"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder("shell") == Path.home() / ".cache" / "catalog" / "shell"
