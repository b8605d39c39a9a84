"""catalog-history.json: when it changes, and which day it notes."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from catalog.errors import UsageError
from catalog.registry.history import NO_HISTORY, History
from catalog.workspace.history import HISTORY_FILE, brought_up_to_date, read_history, write_history
from tests.support.trees import app, tree

NOTES = {"notes": PurePosixPath("apps/notes")}


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def git(root: Path, *arguments: str, day: str = "2026-03-04") -> None:
    when = f"{day}T12:00:00Z"
    who = ["-c", "user.name=A", "-c", "user.email=a@acme.test", "-c", "commit.gpgsign=false"]
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    command = ["git", "-C", str(root), *who, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | dates)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A workspace two folders down in a repository, whose manifest was committed on 4 March."""
    root = tmp_path / "some where" / "workspace"
    tree(root, app())
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return root


def day_of(root: Path, version: str = "1.0.0", history: History = NO_HISTORY) -> str:
    return brought_up_to_date(history, root, {"notes": version}, NOTES).dates("notes").updated


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def test_a_given_time_decides(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert day_of(checkout) == "2023-11-14"


@pytest.mark.parametrize("given", ["soon", "-1", "", "²", "99999999999999"])
def test_a_given_time_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        day_of(tmp_path)


def test_the_manifests_own_commit_decides_and_not_a_later_one(checkout: Path) -> None:
    (checkout / "apps/notes/README.md").write_text("more")
    git(checkout, "commit", "-qam", "two", day="2026-05-06")
    assert day_of(checkout) == "2026-03-04"


def test_a_manifest_that_is_not_committed_as_it_is_is_of_today(checkout: Path) -> None:
    manifest = checkout / "apps/notes/kamiwaza.json"
    manifest.write_text(manifest.read_text().replace("1.0.0", "1.1.0"))
    assert day_of(checkout, "1.1.0") == today()


@pytest.mark.parametrize("has_repository", [False, True])
def test_without_a_commit_it_is_today(tmp_path: Path, has_repository: bool) -> None:
    tree(tmp_path, app())
    if has_repository:
        git(tmp_path, "init", "-q")
    assert day_of(tmp_path) == today()


def test_what_is_known_is_not_asked_about_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = History({"notes": {"1.0.0": "2020-01-01"}})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "no number")
    assert brought_up_to_date(known, tmp_path, {"notes": "1.0.0"}, NOTES) is known


def test_a_workspace_without_the_file_has_no_history(tmp_path: Path) -> None:
    assert read_history(tmp_path) == NO_HISTORY


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    history = History({"notes": {"1.0.0": "2020-01-01"}})
    write_history(tmp_path, history)
    assert read_history(tmp_path) == history
    assert json.loads((tmp_path / HISTORY_FILE).read_text()) == {
        "extensions": {"notes": {"1.0.0": "2020-01-01"}}
    }


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"<<<<<<< HEAD", b'{"extensions": {"a": {"1": ""}}}'])
def test_a_damaged_file_is_named_with_a_way_back(tmp_path: Path, content: bytes) -> None:
    (tmp_path / HISTORY_FILE).write_bytes(content)
    with pytest.raises(UsageError, match=r"catalog-history\.json is damaged") as caught:
        read_history(tmp_path)
    assert "git checkout" in caught.value.hint


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / HISTORY_FILE).mkdir()
    with pytest.raises(UsageError, match="is damaged"):
        read_history(tmp_path)
