"""Which commit a workspace stands at is told by git, or not at all, and never with a secret."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from catalog.workspace.source_state import SourceState, source_state

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 1_763_708_739


def git(folder: Path, *arguments: str) -> str:
    identity = {
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@acme.test",
        "GIT_AUTHOR_DATE": f"{SECONDS} +0100",
    }
    identity |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=os.environ | identity,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one commit, untouched by the settings of whoever runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    folder = tmp_path / "checkout"
    (folder / "extensions").mkdir(parents=True)
    git(folder, "init", "--quiet")
    (folder / "extensions/a.txt").write_text("a")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def test_a_clean_checkout_has_its_commit_and_time(checkout: Path) -> None:
    expected = SourceState(git(checkout, "rev-parse", "HEAD"), dirty=False, commit_time=SECONDS)
    assert source_state(checkout) == expected
    assert source_state(checkout / "extensions") == expected


@pytest.mark.parametrize("name", ["extensions/a.txt", "extensions/new.txt"])
def test_a_changed_or_new_file_makes_it_dirty(checkout: Path, name: str) -> None:
    (checkout / name).write_text("changed")
    assert source_state(checkout).dirty is True


def test_a_change_outside_the_workspace_does_not_count(checkout: Path) -> None:
    (checkout / "other.txt").write_text("new")
    assert source_state(checkout / "extensions").dirty is False


def test_looking_changes_nothing_in_the_repository(checkout: Path) -> None:
    os.utime(checkout / "extensions/a.txt", (1, 1))
    index = (checkout / ".git/index").read_bytes()
    source_state(checkout)
    assert (checkout / ".git/index").read_bytes() == index


@pytest.mark.parametrize(
    ("url", "remote"),
    [
        ("https://git.acme.test/team/ext.git", "https://git.acme.test/team/ext.git"),
        ("https://user:s3cret@git.acme.test:8443/ext.git", "https://git.acme.test:8443/ext.git"),
        ("https://s3cret@git.acme.test/ext.git", "https://git.acme.test/ext.git"),
        ("https://us@er:s3c@ret@git.acme.test/ext.git", "https://git.acme.test/ext.git"),
        ("https://git.acme.test/ext.git?private_token=s3cret#s3cret", "https://git.acme.test/ext.git"),
        ("ssh://git@git.acme.test/ext.git", "ssh://git.acme.test/ext.git"),
        ("git@git.acme.test:team/ext.git", "git@git.acme.test:team/ext.git"),
        ("user:s3cret@git.acme.test:ext.git", None),
        ("http::https://s3cret@git.acme.test/ext", None),
        ("ext::sh -c s3cret", None),
        ("https://[s3cret/ext.git", None),
        ("file:///srv/ext.git", None),
        ("/srv/ext.git", None),
        ("../ext.git", None),
    ],
)
def test_the_remote_is_told_without_secrets_and_local_folders(
    checkout: Path, url: str, remote: str | None
) -> None:
    git(checkout, "config", "remote.origin.url", url)
    assert source_state(checkout).remote == remote


def test_an_address_that_git_rewrites_is_told_as_it_is_written(checkout: Path) -> None:
    git(checkout, "config", "remote.origin.url", "https://git.acme.test/ext.git")
    git(checkout, "config", "url.https://token:s3cret@git.acme.test/.insteadOf", "https://git.acme.test/")
    assert source_state(checkout).remote == "https://git.acme.test/ext.git"


def test_a_folder_without_git_has_no_state(tmp_path: Path) -> None:
    assert source_state(tmp_path) == SourceState(reason="there is no git repository")


def test_a_repository_without_a_commit_has_no_state(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert source_state(tmp_path) == SourceState(reason="the repository has no commit")


def test_a_machine_without_git_has_no_state(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert source_state(checkout) == SourceState(reason="git cannot be run: no such file or directory")


@pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT CAN GIVE FILES AWAY, so this was not tested")
def test_a_repository_of_another_user_has_no_state_but_a_reason(checkout: Path) -> None:
    for path in (checkout, checkout / ".git"):
        os.chown(path, 65534, 65534)
    state = source_state(checkout)
    assert state == SourceState(reason="the repository belongs to another user (git's safe.directory)")


def test_another_refusal_has_no_path_of_this_machine_in_its_reason(checkout: Path) -> None:
    (checkout / ".git/config").write_text("[damaged")
    assert source_state(checkout) == SourceState(reason="git refuses")


def test_a_damaged_index_leaves_the_commit(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    (checkout / ".git/index").write_bytes(b"damaged")
    assert source_state(checkout) == SourceState(commit, None, None, SECONDS, "git refuses")


def test_a_workspace_starts_no_program_through_its_settings(checkout: Path) -> None:
    (checkout / "hook").write_text(f"#!/bin/sh\ntouch {checkout}/ran\n")
    (checkout / "hook").chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(checkout / "hook"))
    source_state(checkout)
    assert not (checkout / "ran").exists()


def test_a_hook_of_another_repository_does_not_confuse_it(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = source_state(checkout)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert source_state(checkout) == expected
