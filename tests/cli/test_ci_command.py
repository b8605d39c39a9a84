"""What `catalog ci` prints: for people, for programs, and for the logs of GitHub and GitLab."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from catalog.cli.app import run
from tests.support.stub_program import building_docker
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

    Capture = pytest.CaptureFixture[str]

PLAIN = {"catalog.toml": '[catalog]\nskin = "plain"\n'}
COMPOSE = "services:\n  web:\n    build: .\n  db:\n    image: redis\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    building_docker(tmp_path / "bin/docker", "::add-mask::planted")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("CATALOG_ENGINE", "GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tree(tmp_path / "ws", {**app(compose=COMPOSE), "apps/notes/Dockerfile": "FAIL\n", **PLAIN})


def ci(root: Path, *arguments: str) -> int:
    return run(["--workspace", str(root), "ci", *arguments])


def test_a_failure_is_explained_with_the_time_of_each_step_and_the_way_on(
    root: Path, capsys: Capture
) -> None:
    assert ci(root) == 1
    out, err = capsys.readouterr()
    assert "does not build" in err
    assert re.search(r"^build +failed +\d+\.\d s +1 image, 1 failed", out, re.MULTILINE)
    assert re.search(r"^package +not reached", out, re.MULTILINE)
    assert "Failed at build after" in out
    assert "go on with: catalog ci --from build" in out


def test_a_quiet_run_says_only_what_failed(root: Path, capsys: Capture) -> None:
    assert ci(root, "--quiet", "--annotations", "gitlab") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "does not build" in err


def test_a_step_that_fails_by_warnings_alone_is_named_also_when_quiet(root: Path, capsys: Capture) -> None:
    assert ci(root, "--from", "sync-compose", "--strict", "--quiet") == 1
    assert "validate: 1 checked: 0 errors, " in capsys.readouterr().err


def test_json_is_one_document_also_where_a_log_is_annotated(root: Path, capsys: Capture) -> None:
    assert ci(root, "--json", "--annotations", "github") == 1
    out, _ = capsys.readouterr()
    assert json.loads(out)["failed"] == "build"


def test_githubs_log_is_folded_annotated_and_deaf_to_programs(
    root: Path, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("# Before\n")
    assert ci(root) == 1
    lines = capsys.readouterr().out.splitlines()
    begin = lines.index("::group::build")
    token = lines[begin + 1].removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    end = lines.index(f"::{token}::")
    assert lines[end + 1] == "::endgroup::"
    (error,) = (line for line in lines[end:] if line.startswith("::error "))
    assert error.startswith("::error title=catalog ci%3A build::kamiwazaai/notes-web:v1.0.0: ")
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("# Before\n### catalog ci\n")
    assert re.search(r"^\| build \| failed \| \d+\.\d s \| 1 image, 1 failed \|$", summary, re.MULTILINE)


def test_a_summary_that_cannot_be_written_changes_no_result(
    root: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(root / "nowhere/summary.md"))
    assert ci(root, "--annotations", "github") == 1
    assert "summary.md cannot be written" in capsys.readouterr().err


def test_githubs_findings_stand_beside_their_lines_once(root: Path, capsys: Capture) -> None:
    assert ci(root, "--from", "sync-compose", "--annotations", "github") == 3
    out = capsys.readouterr().out
    (line,) = re.findall(r"^::warning file=.*title=KZ311 .*$", out, re.MULTILINE)
    assert "line=5" in line
    assert re.search(r"^::warning title=catalog ci%3A sync-compose::apps/notes/docker-", out, re.MULTILINE)


def test_gitlabs_log_is_folded(root: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    assert ci(root) == 1
    out = capsys.readouterr().out
    assert re.search("\x1b\\[0Ksection_start:\\d+:catalog_build\r\x1b\\[0Kbuild\n", out)
    assert re.search("\x1b\\[0Ksection_end:\\d+:catalog_build\r\x1b\\[0K\n", out)


def test_no_log_is_annotated_against_somebodys_will(
    root: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert ci(root, "--annotations", "none") == 1
    assert "::group" not in capsys.readouterr().out


def test_a_step_that_there_is_not_is_refused_with_those_that_there_are(root: Path, capsys: Capture) -> None:
    assert ci(root, "--from", "deploy") == 2
    assert "'sync-compose'" in capsys.readouterr().err
