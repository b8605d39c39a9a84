"""What `catalog images build` and `images test` print, and their exit codes, with a docker of a few lines."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from catalog.cli.app import run
from tests.support.stub_program import building_docker
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    building_docker(tmp_path / "bin/docker", "Step 1/1 : FROM scratch")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CATALOG_ENGINE", raising=False)
    files = app("notes", compose="services: {web: {build: .}}\n")
    return tree(tmp_path / "ws", {**files, "apps/notes/Dockerfile": "FROM scratch\n"})


def images(root: Path, *arguments: str) -> int:
    return run(["--workspace", str(root), "images", *arguments])


def test_building_streams_each_line_with_its_source_and_ends_with_a_summary(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert images(root, "build") == 0
    out, err = capsys.readouterr()
    assert "notes/web | Step 1/1 : FROM scratch" in err
    assert "kamiwazaai/notes-web:v1.0.0" in out
    assert "1 of 1 image is there." in out


def test_a_build_that_fails_is_explained_and_ends_with_1(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(root, {"apps/notes/Dockerfile": "FAIL\n"})
    assert images(root, "build") == 1
    out, err = capsys.readouterr()
    assert "does not build" in err
    assert "non-zero code: 1" in err
    assert "0 of 1 image is there." in out


def test_a_build_that_fails_is_seen_also_where_whoever_started_us_ignores_its_children(root: Path) -> None:
    tree(root, {"apps/notes/Dockerfile": "FAIL\n"})
    ignoring = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'catalog', *sys.argv[1:]])\n"
    )
    command = [sys.executable, "-c", ignoring, "--workspace", str(root), "images", "build"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "0 of 1 image is there." in done.stdout


def test_a_quiet_build_says_only_what_failed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert images(root, "build", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_the_results_are_to_be_had_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert images(root, "build", "--json", "--stage", "dev", "--jobs", "2", "--type", "app") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["images"][0]["ref"] == "kamiwazaai/notes-web:1.0.0-dev"
    assert err == ""


def test_an_engine_that_is_not_there_ends_with_3(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert [images(root, command) for command in ("build", "test")] == [3, 3]


@pytest.mark.usefixtures("root")
def test_where_nothing_is_built_nothing_is_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tree(tmp_path / "other", app("notes", compose="services: {db: {image: x:1}}\n"))
    assert [images(other, command) for command in ("test", "build")] == [0, 0]
    out, _ = capsys.readouterr()
    assert out.splitlines() == ["There is nothing to test.", "There is no image to build."]


def test_an_extension_without_tests_is_warned_of_or_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert images(root, "test", "--no-health") == 0
    out, err = capsys.readouterr()
    assert "warning: notes: no tests were found" in err
    assert "All passed." in out
    assert images(root, "test", "--no-health", "--require-tests") == 1
    out, err = capsys.readouterr()
    assert "error: notes: no tests were found" in err
    assert "1 of 1 failed." in out


def test_tests_without_their_image_end_with_3_and_the_way_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(root, {"apps/notes/tests/test_a.py": ""})
    assert images(root, "test", "--no-health") == 3
    assert "catalog images build notes" in capsys.readouterr().err
