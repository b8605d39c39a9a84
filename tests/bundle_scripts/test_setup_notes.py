"""package-setup.sh believes its own notes, which lie with the user, and nothing that came with a bundle."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SETUP
from tests.bundle_scripts.stub_engine import StubEngine, stub_engine
from tests.bundle_scripts.unpacked import EPOCH, Made, new_key, unpacked_bundle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

BASH = shutil.which("bash") or "/bin/bash"
ADMINS = "admin/db:1"


@dataclass(frozen=True)
class Host:
    """A machine: an engine, a user with a home, and a signed bundle whose maker's key is known."""

    engine: StubEngine
    home: Path
    made: Made
    key: Path

    def run(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Let a copy of the script that is trusted work on the bundle."""
        given: list[str | Path] = [
            "--root",
            self.made.root,
            "--key",
            f"{self.key}.pub",
            "--engine",
            self.engine.program,
        ]
        return subprocess.run(
            [BASH, SETUP, *arguments, *given],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={"HOME": str(self.home), "PATH": os.environ["PATH"], **environment},
            timeout=60,
        )

    def settings(self) -> str:
        """What Kamiwaza would read."""
        return (self.made.root / "kamiwaza-registry.env").read_text()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    key = new_key(tmp_path / "keys")
    made = unpacked_bundle(tmp_path / "carried" / "kamiwaza-extension-registry", key)
    return Host(stub_engine(tmp_path / "engine"), tmp_path / "home", made, key)


def planted(host: Host, name: str) -> Path:
    """A path below state/, which no list of the bundle covers."""
    path = host.made.root / "state" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("name", ["loaded.tsv", "relocated.tsv", "pushed.tsv", ".relocated.1"])
def test_a_planted_link_leads_no_write_elsewhere(host: Host, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    planted(host, name).symlink_to(victim)
    for command in (["load"], ["push", "registry.test:5000"], ["uninstall"]):
        done = host.run(*command)
        assert done.returncode == 0, done.stderr
    assert victim.read_text() == "precious\n"


@pytest.mark.parametrize(
    "more", [(), ("{root}", "sha256:" + "0" * 64)], ids=["without folder", "with folder"]
)
def test_a_planted_row_takes_away_no_image_of_the_admin(host: Host, more: tuple[str, ...]) -> None:
    theirs = "sha256:" + "7" * 64
    host.engine.change(images={ADMINS: theirs})
    row = "\t".join((ADMINS, theirs, "new", "docker", "2026-01-01T00:00:00Z", theirs, "notes", *more))
    planted(host, "loaded.tsv").write_text(f"{row}\n".replace("{root}", str(host.made.root)))
    assert host.run("load").returncode == 0
    assert host.run("uninstall").returncode == 0
    assert host.engine.images == {ADMINS: theirs}


def test_planted_catalogs_never_become_the_settings(host: Host) -> None:
    for name in ("apps.json", "tools.json"):
        planted(host, f"relocated/garden/default/{name}").write_text("[]")
    done = host.run("env", "--relocated")
    assert (done.returncode, "push REGISTRY" in done.stderr) == (4, True)
    assert not (host.made.root / "kamiwaza-registry.env").exists()


@pytest.mark.parametrize("how", ["changed", "added", "linked"])
def test_catalogs_that_were_changed_after_push_are_refused(host: Host, tmp_path: Path, how: str) -> None:
    assert host.run("push", "registry.test:5000").returncode == 0
    relocated = host.made.root / "state/relocated"
    if how == "changed":
        (relocated / "garden/default/apps.json").write_text("[]")
    elif how == "added":
        (relocated / "garden/v3").mkdir()
    else:
        relocated.rename(tmp_path / "aside")
        relocated.symlink_to(tmp_path / "aside")
    assert host.run("env", "--relocated").returncode == 4
    assert host.run("push", "registry.test:5000").returncode == 0
    assert host.run("env", "--relocated").returncode == 0
    assert "/state/relocated" in host.settings()


def test_a_note_that_was_cut_off_by_a_full_disk_spoils_no_other(host: Host) -> None:
    notes = host.home / ".local/state/kamiwaza-registry/loaded.tsv"
    notes.parent.mkdir(parents=True)
    notes.write_text("docker.io/library/nginx:alpine\tsha256:00")
    assert host.run("load").returncode == 0
    assert host.run("uninstall").returncode == 0
    assert host.engine.images == {}


def test_a_bundle_that_was_moved_is_known_again(host: Host) -> None:
    assert host.run("push", "registry.test:5000").returncode == 0
    moved = host.made.root.rename(host.made.root.with_name("moved"))
    there = replace(host, made=replace(host.made, root=moved))
    assert there.run("env", "--relocated").returncode == 0
    assert there.run("uninstall").returncode == 0
    assert host.engine.images == {}


def test_a_clock_that_was_set_back_takes_no_image_of_the_admin(host: Host) -> None:
    assert host.run("load").returncode == 0
    notes = host.home / ".local/state/kamiwaza-registry/loaded.tsv"
    notes.write_text(re.sub(r"\t20[0-9]{2}-", "\t2099-", notes.read_text()))
    assert host.run("uninstall").returncode == 0
    host.engine.change(images=host.made.config)
    assert host.run("uninstall").returncode == 0
    assert host.engine.images == host.made.config


def beside(host: Host, epoch: int) -> Host:
    """The same host with another bundle of the same images, in a folder of its own."""
    root = host.made.root.parent / str(epoch) / "kamiwaza-extension-registry"
    return replace(host, made=unpacked_bundle(root, host.key, epoch=epoch))


def test_uninstalling_an_older_bundle_leaves_what_a_newer_one_has_too(host: Host) -> None:
    newer = beside(host, EPOCH + 60)
    for one in (host, newer):
        assert one.run("load").returncode == 0
    done = host.run("uninstall", "--allow-downgrade")
    assert f"kept docker.io/library/nginx:alpine: the bundle in {newer.made.root} has it too\n" in done.stdout
    assert host.engine.images == host.made.config
    assert newer.run("uninstall").returncode == 0
    assert host.engine.images == {}


def test_of_two_bundles_the_last_that_is_uninstalled_takes_the_images_away(host: Host) -> None:
    newer = beside(host, EPOCH + 60)
    for one in (host, newer):
        assert one.run("load").returncode == 0
    assert "kept docker.io/library/nginx:alpine: it was there before\n" in newer.run("uninstall").stdout
    assert host.run("uninstall").returncode == 0
    assert host.engine.images == {}


@pytest.mark.parametrize("how", ["it is gone", "another bundle lies there"])
def test_a_bundle_that_is_gone_keeps_no_images(host: Host, how: str) -> None:
    newer = beside(host, EPOCH + 60)
    for one in (host, newer):
        assert one.run("load").returncode == 0
    shutil.rmtree(newer.made.root)
    if how != "it is gone":
        unpacked_bundle(newer.made.root, host.key, images={}, epoch=EPOCH + 120)
    assert host.run("uninstall").returncode == 0
    assert host.engine.images == {}


def test_what_another_user_loaded_is_not_taken_away_and_that_is_said(host: Host, tmp_path: Path) -> None:
    assert host.run("load").returncode == 0
    done = replace(host, home=tmp_path / "other").run("uninstall")
    assert (done.returncode, "run this as that user" in done.stdout) == (0, True)
    assert host.engine.images == host.made.config


CAN_MOUNT = not subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode


@pytest.mark.skipif(not CAN_MOUNT, reason="no mounts here: that sudo's caller is known is not tested")
def test_under_sudo_the_notes_of_its_caller_count(host: Host, tmp_path: Path) -> None:
    assert host.run("push", "registry.test:5000").returncode == 0
    users = tmp_path / "passwd"
    users.write_text(f"root:x:0:0::/root:/bin/bash\nalice:x:1000:1000::{host.home}:/bin/bash\n")
    script = 'mount --bind "$1" /etc/passwd && shift && exec bash "$@"'
    for command in ("env --relocated", "uninstall"):
        called: list[str | Path] = [
            host.made.root / SETUP.name,
            *command.split(),
            "--engine",
            host.engine.program,
            "--key",
            f"{host.key}.pub",
        ]
        done = subprocess.run(
            ["unshare", "--mount", BASH, "-c", script, "sudo", users, *called],
            capture_output=True,
            text=True,
            check=False,
            env={"HOME": str(tmp_path / "root"), "PATH": os.environ["PATH"], "SUDO_USER": "alice"},
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    assert host.engine.images == {}
