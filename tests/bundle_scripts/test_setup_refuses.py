"""No catalog reaches Kamiwaza, as settings or from the server, before its bundle was verified."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SETUP
from tests.bundle_scripts.unpacked import EPOCH, Made, unpacked_bundle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

BASH = shutil.which("bash") or "/bin/bash"
CATALOG = "garden/default/apps.json"
SETTINGS = "kamiwaza-registry.env"
COMMANDS = pytest.mark.parametrize("command", ["env", "serve"])


def run(made: Made, programs: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, made.root / SETUP.name, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(programs.parent / "home"), "PATH": f"{programs}:{os.environ['PATH']}"},
        timeout=60,
    )


def verdict(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("verdict: ")]
    return line.removeprefix("verdict: ")


def is_done(made: Made, done: subprocess.CompletedProcess[str]) -> bool:
    return (made.root / SETTINGS).exists() or "ran: " in done.stdout


@COMMANDS
def test_an_edited_catalog_is_neither_set_up_nor_served(
    signed: Made, programs: Path, key: Path, command: str
) -> None:
    (signed.root / CATALOG).write_text("[]")
    done = run(signed, programs, "--key", f"{key}.pub", command)
    assert (done.returncode, verdict(done), is_done(signed, done)) == (4, "changed", False)


@COMMANDS
def test_a_signed_bundle_without_its_key_is_neither_set_up_nor_served(
    signed: Made, programs: Path, command: str
) -> None:
    done = run(signed, programs, command)
    assert (done.returncode, verdict(done), is_done(signed, done)) == (4, "unchecked", False)
    done = run(signed, programs, "--allow-unchecked", command)
    assert (done.returncode, verdict(done), is_done(signed, done)) == (0, "unchecked", True)


@COMMANDS
def test_an_older_bundle_is_neither_set_up_nor_served_after_a_newer_one(
    signed: Made, programs: Path, key: Path, tmp_path: Path, command: str
) -> None:
    newer = unpacked_bundle(tmp_path / "newer", key, EPOCH + 1)
    assert run(newer, programs, "--key", f"{key}.pub", "env").returncode == 0
    done = run(signed, programs, "--key", f"{key}.pub", command)
    assert (done.returncode, verdict(done), is_done(signed, done)) == (4, "rolled-back", False)


@COMMANDS
def test_blobs_have_to_be_there_and_are_read_only_for_the_engine(
    signed: Made, programs: Path, key: Path, command: str
) -> None:
    blob = min((signed.root / "garden/default/docker-images/blobs/sha256").iterdir())
    blob.write_bytes(b"other")
    done = run(signed, programs, "--key", f"{key}.pub", command)
    assert (done.returncode, verdict(done)) == (0, "valid")
    assert "blobs of images are there, and were not read" in done.stdout
    assert verdict(run(signed, programs, "--key", f"{key}.pub", "verify")) == "changed"
    blob.unlink()
    done = run(signed, programs, "--key", f"{key}.pub", command)
    assert (done.returncode, verdict(done)) == (4, "missing")


def test_a_key_after_serve_is_that_of_the_server(signed: Made, programs: Path, key: Path) -> None:
    done = run(signed, programs, "serve", "--key", f"{key}.pub")
    assert (done.returncode, is_done(signed, done)) == (4, False)
    assert "--key FILE (or --allow-unchecked), before the word serve" in done.stdout
    done = run(signed, programs, "--key", key, "serve", "--cert", "x")
    assert (done.returncode, "after it stands the key of the certificate" in done.stderr) == (2, True)


@pytest.mark.parametrize("given", [["--root", "x"], ["--root=x"]])
def test_no_other_folder_than_the_one_that_was_verified_is_served(
    signed: Made, programs: Path, key: Path, given: list[str]
) -> None:
    done = run(signed, programs, "--key", f"{key}.pub", "serve", *given)
    assert (done.returncode, is_done(signed, done)) == (2, False)
    assert "--root stands before serve" in done.stderr


def test_relocated_catalogs_that_push_did_not_write_are_not_served(
    signed: Made, programs: Path, key: Path
) -> None:
    (signed.root / "state/relocated/garden").mkdir(parents=True)
    done = run(signed, programs, "--key", f"{key}.pub", "--relocated", "serve")
    assert (done.returncode, is_done(signed, done)) == (4, False)


def test_the_guided_installation_verifies_once(signed: Made, programs: Path, key: Path) -> None:
    bare = unpacked_bundle(signed.root.with_name("bare"), key, images={})
    done = run(bare, programs, "--key", f"{key}.pub")
    assert (done.returncode, verdict(done)) == (0, "valid")
