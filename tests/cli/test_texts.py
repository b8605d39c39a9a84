"""What commands print for people: what was done, where, and the next command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from catalog.cli.app import run
from catalog.cli.console import Console
from catalog.errors import CatalogError
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "build/kamiwaza-extension-registry"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    tree(tmp_path, app())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run(["sync-compose"])
    capsys.readouterr()
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(list(arguments)) == code
    return capsys.readouterr().out


def test_build_ends_with_the_addresses_that_browsers_and_the_platform_need(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, "build")
    root = workspace / ROOT
    assert "Built 1 app, 0 services, 0 tools" in out
    assert f"{root.as_uri()}/index.html" in out
    assert f'export KAMIWAZA_EXTENSION_LOCAL_STAGE_URL="{root.as_uri()}"' in out


def test_a_registry_alone_names_no_website_and_a_site_alone_no_registry(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "website" not in said(capsys, "build", "--registry-only")
    assert "KAMIWAZA_EXTENSION_STAGE" not in said(capsys, "build", "--site-only")
    assert not (workspace / ROOT / "garden").exists()


def test_a_build_that_fails_says_what_is_to_be_corrected(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(workspace, app("broken", manifest={"risk_tier": 5}))
    out = said(capsys, "build", "--registry-only", code=1)
    assert "apps/broken/kamiwaza.json:5:3: error KZ102" in out
    assert "Nothing was built: broken must be corrected first." in out
    assert "Left out because of errors: broken" in said(capsys, "build", "--registry-only", "--keep-going")


def test_an_output_folder_is_taken_from_where_one_stands(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "build", "--registry-only", "--out", "elsewhere")
    assert (workspace / "elsewhere/kamiwaza-extension-registry/garden").is_dir()


def test_init_and_new_tell_what_they_wrote_and_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tree(tmp_path, {"ws/Makefile": "mine"})
    out = said(capsys, "init", "ws")
    assert "wrote catalog.toml" in out
    assert "kept  Makefile" in out
    out = said(capsys, "--workspace", "ws", "new", "tool", "search")
    assert "so it is called tool-search" in out
    assert "Next:" in out
    assert "called" not in said(capsys, "--workspace", "ws", "new", "app", "search")


def test_show_tells_fields_services_and_findings(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(workspace, app(manifest={"description": "", "tags": ["a"]}))
    out = said(capsys, "show", "notes")
    assert "notes 1.0.0 (app, apps/notes)" in out
    assert "kamiwazaai/notes-web:v1.0.0" in out
    assert '["a"]' in out
    assert "KZ111" in out


def test_show_of_a_broken_extension_tells_why(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(workspace, {"apps/broken/kamiwaza.json": "{"})
    assert "KZ006" in said(capsys, "show", "broken", code=1)


@pytest.mark.usefixtures("workspace")
def test_show_in_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(said(capsys, "show", "notes", "--json"))
    assert shown["images"] == ["kamiwazaai/notes-web:v1.0.0", "postgres:15-alpine"]
    assert shown["services"][0]["ports"] == ["8000"]


@pytest.mark.usefixtures("workspace")
def test_bump_points_to_what_follows_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "bump", "notes", "MINOR")
    assert "notes: 1.0.0 -> 1.1.0" in out
    assert "catalog sync-compose notes" in out


def test_clean_tells_what_it_removed_and_a_dry_run_what_it_would(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(workspace, {"build/x": "x"})
    assert f"would remove {workspace / 'build'}" in said(capsys, "clean", "--dry-run")
    assert f"removed {workspace / 'build'}" in said(capsys, "clean")


def test_sync_compose_tells_outcomes_differences_and_the_way_on(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(workspace, {**app("hand"), "apps/hand/docker-compose.appgarden.yml": "services: {}\n"})
    run(["bump", "notes", "patch"])
    capsys.readouterr()
    out = said(capsys, "sync-compose", "--check", "--diff", code=1)
    assert "+    image: kamiwazaai/notes-web:v1.0.1" in out
    assert "Write it with: catalog sync-compose notes" in out
    assert "replace it with --force" in out
    assert "1 hand-written, 1 stale" in out


def test_validate_counts_and_colours_only_on_a_terminal(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(workspace, app(manifest={"description": ""}))
    out = said(capsys, "validate")
    assert "1 checked: 0 errors, 1 warning." in out
    assert "\x1b[" not in out


def test_an_empty_list_says_how_to_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path, {"apps": None})
    assert "catalog new" in said(capsys, "--workspace", str(tmp_path), "list")


def test_a_quiet_console_still_tells_errors(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(workspace, app(manifest={"description": "", "risk_tier": 7}))
    out = said(capsys, "validate", "--quiet", code=1)
    assert "KZ102" in out
    assert "KZ111" not in out


def test_progress_is_told_once_a_step_takes_longer_than_a_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter((0.0, 0.5, 1.5, 2.0, 7.0, 8.0))
    monkeypatch.setattr("catalog.cli.console.time.monotonic", lambda: next(clock))
    console = Console(as_json=False, quiet=False, color=False)
    for done in range(5):
        console.advance("Reading", done, 4)
    console.advance("Writing", 0, None)
    assert capsys.readouterr().err.splitlines() == ["Reading: 2 of 4", "Reading: 4 of 4"]


def test_bytes_are_told_with_their_rate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter((0.0, 2.0, 8.0))
    monkeypatch.setattr("catalog.cli.console.time.monotonic", lambda: next(clock))
    console = Console(as_json=False, quiet=False, color=False)
    for done, total in ((0, None), (3_000_000, None), (4_000_000, 4_000_000)):
        console.transferred("Saving", done, total)
    assert capsys.readouterr().err.splitlines() == [
        "Saving: 3.0 MB, 1.5 MB/s",
        "Saving: 4.0 MB of 4.0 MB, 500 kB/s",
    ]


def test_completion_outside_a_workspace_offers_no_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import click  # noqa: PLC0415

    from catalog.cli.options import complete_names  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    assert complete_names(click.Context(click.Command("x")), click.Argument(["name"]), "") == []


def test_an_error_has_its_hint_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    error = CatalogError("What happened.", "What to do.")
    Console(as_json=False, quiet=False, color=False).failure(error.message, error.hint, error.exit_code)
    assert capsys.readouterr().err == "error: What happened.\n  What to do.\n"


def test_no_name_in_a_line_can_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(as_json=False, quiet=False, color=True)
    console.say("a name \x1b]0;owned\x07\n", console.style("mine \x1b[2J", color="green"))
    out = capsys.readouterr().out
    assert "\\x1b]0;owned\\x07" in out
    assert "\x1b]0;" not in out
    assert "\x1b[2J" not in out
    assert "\x1b[32mmine" in out
