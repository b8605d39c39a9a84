"""`catalog validate --format` prints what GitHub, GitLab and code scanning read, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from catalog.cli.app import run
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.workspace.workspace import open_workspace
from tests.support.trees import COMPOSE, app, tree

if TYPE_CHECKING:
    from pathlib import Path


Capture = pytest.CaptureFixture[str]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tree(tmp_path / "repository/extensions", app(compose=COMPOSE.replace(":15-alpine", "")))
    (tmp_path / "repository/.git").mkdir()
    sync_compose(open_workspace(root, root), SyncRequest())
    return root


def said(capsys: Capture, root: Path, *arguments: str) -> str:
    """What one run prints on standard output."""
    run(["--workspace", str(root), "validate", *arguments])
    return capsys.readouterr().out


def test_github_gets_one_annotation_a_finding_with_its_path_in_the_repository(
    workspace: Path, capsys: Capture
) -> None:
    assert run(["--workspace", str(workspace), "validate", "--format", "github", "--strict"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(
        "::warning file=extensions/apps/notes/docker-compose.yml,line=11,col=5,title=KZ311 "
    )


def test_a_sarif_log_has_the_reference_page_as_its_help(workspace: Path, capsys: Capture) -> None:
    (log,) = json.loads(said(capsys, workspace, "--format", "sarif", "--quiet"))["runs"]
    assert [rule["id"] for rule in log["tool"]["driver"]["rules"]] == ["KZ311"]
    assert "day to day" in log["tool"]["driver"]["rules"][0]["help"]["markdown"]


def test_what_is_suppressed_is_counted_and_listed_but_in_no_report(workspace: Path, capsys: Capture) -> None:
    (workspace / "catalog.toml").write_text('[suppress.notes]\nKZ311 = "a demo"\n')
    assert said(capsys, workspace, "--format", "github") == ""
    assert json.loads(said(capsys, workspace, "--format", "sarif"))["runs"][0]["results"] == []
    assert "0 errors, 0 warnings, 1 suppressed." in said(capsys, workspace)
    assert json.loads(said(capsys, workspace, "--format", "json"))["suppressed"][0]["reason"] == "a demo"


def test_json_goes_before_another_form(workspace: Path, capsys: Capture) -> None:
    assert json.loads(said(capsys, workspace, "--json", "--format", "sarif"))["checked"] == 1


def test_an_error_that_somebody_wants_to_suppress_is_refused(workspace: Path, capsys: Capture) -> None:
    (workspace / "catalog.toml").write_text('[suppress.notes]\nKZ218 = "please"\n')
    assert run(["--workspace", str(workspace), "validate"]) == 2
    assert "KZ218, which is an error" in capsys.readouterr().err


def test_gitlab_gets_a_list_with_paths_in_the_repository(workspace: Path, capsys: Capture) -> None:
    (one,) = json.loads(said(capsys, workspace, "--format", "gitlab"))
    assert one["check_name"] == "KZ311"
    assert one["location"] == {
        "path": "extensions/apps/notes/docker-compose.yml",
        "lines": {"begin": 11},
    }
