"""What `init` creates: folders, settings that parse, a Makefile."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from catalog.scaffold.workspace import workspace_files
from catalog.workspace.settings import CatalogSettings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.model.file_tree import TreeFile


def texts(files: tuple[TreeFile, ...]) -> dict[str, str]:
    return {str(file.path): file.content.decode() for file in files if isinstance(file.content, bytes)}


def test_a_workspace_has_a_folder_for_each_kind_and_its_own_files() -> None:
    assert [str(file.path) for file in workspace_files("Acme")] == [
        "apps/.gitkeep",
        "services/.gitkeep",
        "tools/.gitkeep",
        "catalog.toml",
        "Makefile",
        "README.md",
        ".gitignore",
        ".editorconfig",
        ".pre-commit-config.yaml",
        ".github/workflows/catalog.yml",
        ".gitlab-ci.yml",
    ]


@given(st.text(min_size=1))
def test_any_title_is_read_back_from_the_settings_as_it_was_given(title: str) -> None:
    settings = tomllib.loads(texts(workspace_files(title))["catalog.toml"])
    assert settings == {"catalog": {"title": title}}


def test_every_setting_is_shown_and_every_shown_setting_is_accepted(tmp_path: Path) -> None:
    shown = texts(workspace_files("Acme"))["catalog.toml"]
    (tmp_path / "catalog.toml").write_text(re.sub(r"^# (?=[a-z_]+ = )", "", shown, flags=re.MULTILINE))
    settings = load_settings(tmp_path, {})
    assert settings.base_url
    assert settings.skin == "plain"
    assert settings.model_fields_set == set(CatalogSettings.model_fields)


def test_the_readme_is_called_as_the_catalog_in_one_line() -> None:
    assert texts(workspace_files("Acme\nextensions"))["README.md"].startswith("# Acme extensions\n\n")


def test_builds_caches_and_local_settings_are_not_committed() -> None:
    ignored = texts(workspace_files("Acme"))[".gitignore"].splitlines()
    assert {"/build/", "/dist/", "node_modules/", ".venv/", "__pycache__/", ".env"} <= set(ignored)


def test_the_same_title_makes_the_same_bytes() -> None:
    assert workspace_files("Acme") == workspace_files("Acme")
