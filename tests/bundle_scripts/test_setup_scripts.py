"""Each script of a bundle has one purpose, and none is read before what it could spoil was verified."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SCRIPTS, SETUP
from tests.bundle_scripts.setup_run import run
from tests.bundle_scripts.stub_engine import StubEngine, stub_engine
from tests.bundle_scripts.unpacked import Made, seal_again

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

VERIFIER = SETUP.with_name("bundle-verify.sh")
READ_LATER = sorted({script.name for script in SCRIPTS} - {SETUP.name, VERIFIER.name})
MISSING, REFUSED = 3, 4


@pytest.fixture
def engine(tmp_path: Path) -> StubEngine:
    return stub_engine(tmp_path / "engine")


def verdict(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.splitlines()[-1].removeprefix("verdict: ")


def make_it_tell(script: Path, mark: Path) -> None:
    """Let a script leave a mark when it is read."""
    script.write_text(f"touch '{mark}'\n{script.read_text()}")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_what_a_script_is_for_is_one_sentence_without_and(script: Path) -> None:
    first = next(line for line in script.read_text().splitlines() if not line.startswith("#!"))
    assert re.fullmatch(r"# [A-Z][^.]*(; sourced by package-setup\.sh)?\.", first)
    assert " and " not in first


def test_what_verifies_stands_in_one_script() -> None:
    assert READ_LATER == ["bundle-images.sh", "bundle-notes.sh"]
    others = "".join(path.read_text() for path in SCRIPTS if path != VERIFIER)
    assert [word for word in ("openssl pkey", "-verify ", "digest_of[$") if word in others] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "command"),
    list(itertools.product(READ_LATER, ["", "verify", "load", "push registry.test", "env", "serve"])),
)
def test_a_damaged_script_is_named_before_it_could_do_anything(
    signed: Made, engine: StubEngine, key: Path, name: str, command: str
) -> None:
    mark = signed.root.with_name("mark")
    make_it_tell(signed.root / name, mark)
    done = run(signed.root / SETUP.name, engine, "--key", f"{key}.pub", *command.split())
    assert (done.returncode, verdict(done)) == (REFUSED, "changed")
    assert f"changed: {name}: it is not what SHA256SUMS says\n" in done.stdout
    assert not mark.exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", READ_LATER)
def test_a_lost_script_is_a_damage_of_the_bundle(
    signed: Made, engine: StubEngine, key: Path, name: str
) -> None:
    (signed.root / name).unlink()
    done = run(signed.root / SETUP.name, engine, "--key", f"{key}.pub", "load")
    assert (done.returncode, verdict(done)) == (REFUSED, "missing")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["verify", "load", "status", "uninstall"])
def test_a_trusted_copy_reads_no_script_of_the_bundle(
    signed: Made, engine: StubEngine, key: Path, tmp_path: Path, command: str
) -> None:
    for script in SCRIPTS:
        make_it_tell(signed.root / script.name, tmp_path / "mark")
    seal_again(signed.root, key)
    done = run(SETUP, engine, command, "--root", signed.root, "--key", f"{key}.pub")
    assert done.returncode == (MISSING if command == "status" else 0), done.stderr
    assert not (tmp_path / "mark").exists()


@pytest.mark.slow
def test_two_scripts_are_enough_to_verify_and_what_lacks_for_more_is_named(
    signed: Made, engine: StubEngine, key: Path, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    given: list[str | Path] = ["--root", signed.root, "--key", f"{key}.pub"]
    shutil.copy(SETUP, trusted)
    done = run(trusted / SETUP.name, engine, "verify", *given)
    assert (done.returncode, f"{trusted}/bundle-verify.sh is missing" in done.stderr) == (MISSING, True)
    shutil.copy(VERIFIER, trusted)
    assert verdict(run(trusted / SETUP.name, engine, "verify", *given)) == "valid"
    done = run(trusted / SETUP.name, engine, "load", *given)
    assert (done.returncode, f"{trusted}/bundle-notes.sh is missing" in done.stderr) == (MISSING, True)
    assert engine.images == {}


@pytest.mark.slow
def test_a_script_that_is_called_by_a_link_finds_what_lies_beside_it(
    signed: Made, engine: StubEngine, key: Path, tmp_path: Path
) -> None:
    links = tmp_path / "local bin"
    links.mkdir()
    (links / "package-setup").symlink_to(os.path.relpath(signed.root / SETUP.name, links))
    done = run(links / "package-setup", engine, "load", "--key", f"{key}.pub")
    assert (done.returncode, engine.images) == (0, signed.config), done.stderr
