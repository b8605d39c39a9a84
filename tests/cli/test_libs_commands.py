"""What `catalog libs` prints: one line a package and a copy, and what to do when one is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from catalog.cli.app import run
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = "acme_auth-0.1.0-py3-none-any.whl", "acme_auth-0.2.0-py3-none-any.whl"
LIBRARY: dict[str, Any] = {
    "shared/python/acme/pyproject.toml": (
        '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "acme-auth"\nversion = "0.2.0"\ndescription = "Says who asks."\n'
        'requires-python = ">=3.10"\n'
    ),
    "shared/python/acme/acme_auth.py": "WHO = 1\n",
}
USER: dict[str, Any] = {
    **app("notes"),
    "apps/notes/backend/requirements.txt": f"./{OLD}\n",
    f"apps/notes/backend/{OLD}": b"old",
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tree(tmp_path, {**LIBRARY, **USER}))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["libs", *arguments]) == code
    out, err = capsys.readouterr()
    return out + err


@pytest.mark.slow
def test_a_library_is_built_and_installed(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"shared/python/dist/{NEW}" in said(capsys, "build")
    plan = said(capsys, "install", "--dry-run").splitlines()
    folder = workspace / "apps/notes/backend"
    assert plan == [
        f"would copy {folder / NEW}",
        f"    {folder / 'requirements.txt'} would name {NEW}",
        f"    would remove {folder / OLD}",
    ]
    deeds = said(capsys, "install", "notes", "--type", "app", "--lib", "acme-auth").splitlines()
    assert deeds == [
        f"copied {folder / NEW}",
        f"    {folder / 'requirements.txt'} names {NEW}",
        f"    removed {folder / OLD}",
    ]
    assert said(capsys, "install") == f"unchanged {folder / NEW}\n"
    assert f"removed {workspace / 'shared/python/dist' / NEW}" in said(capsys, "build", "--clean")


def test_a_package_that_is_missing_names_the_next_command(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workspace.is_dir()
    text = said(capsys, "install", code=3)
    assert "acme-auth 0.2.0 has not been built." in text
    assert "catalog libs build" in text


def test_where_there_is_nothing_to_do_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tree(tmp_path, app("notes")))
    assert "no shared libraries" in said(capsys, "build")
    assert said(capsys, "install") == "No extension names a shared library.\n"


def test_the_results_are_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tree(tmp_path, {**app("notes"), **LIBRARY}))
    assert json.loads(said(capsys, "build", "--ts-only", "--json")) == {"libraries": [], "removed": []}
    assert json.loads(said(capsys, "install", "--json")) == {"installed": [], "dry_run": False}


@pytest.mark.parametrize("command", ["build", "install"])
def test_one_language_alone_and_the_other_alone_exclude_each_other(
    workspace: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert workspace.is_dir()
    assert "exclude each other" in said(capsys, command, "--python-only", "--ts-only", code=2)


@pytest.mark.parametrize("libraries", [["--lib", "acme-auth,other"], ["--lib", "other acme-auth"]])
def test_several_libraries_can_stand_in_one_option(
    workspace: Path, capsys: pytest.CaptureFixture[str], libraries: list[str]
) -> None:
    assert workspace.is_dir()
    assert "no shared library 'other'" in said(capsys, "install", *libraries, code=2)
