"""What package-setup.sh says is true, and each command that it shows can be typed where it was called."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SCRIPTS, SETUP
from tests.bundle_scripts.stub_engine import StubEngine, stub_engine
from tests.bundle_scripts.unpacked import Made, unpacked_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

BASH = shutil.which("bash") or "/bin/bash"
NOTES = "docker.io/acme/notes:1.2"


class Host:
    """A shell in the folder above an unpacked signed bundle, with an engine of its own."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.programs = programs
        self.engine: StubEngine = stub_engine(folder / "engine")

    def type(self, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a line as it is typed."""
        path = f"{self.programs}:{os.environ['PATH']}"
        return subprocess.run(
            [BASH, "-c", command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={"HOME": str(self.folder / "home"), "PATH": path, **environment},
            timeout=60,
        )

    def setup(self, words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script of the bundle, named from the folder above it as `catalog package` does."""
        command = f"bash kamiwaza-extension-registry/{SETUP.name} --engine engine/docker {words}"
        return self.type(command, **environment)

    def instead_of(self, program: str, when: str) -> None:
        """Let a program fail as on a full disk where its arguments have a word."""
        real = shutil.which(program)
        script = f"""#!/bin/sh
case $* in *{when}*) echo "{program}: No space left on device" >&2; exit 1 ;; esac
exec {real} "$@"
"""
        (self.programs / program).write_text(script)
        (self.programs / program).chmod(0o755)


@pytest.fixture
def host(tmp_path: Path, signed: Made, key: Path, programs: Path) -> Host:
    shutil.copy(f"{key}.pub", tmp_path / "release.pub")
    assert signed.root.parent == tmp_path
    return Host(tmp_path, programs)


def shown(said: str, beginning: str) -> str:
    """The command that stands after these words."""
    (line,) = [line for line in said.splitlines() if line.startswith(beginning)]
    return line.removeprefix(beginning).strip()


def server_command(said: str) -> str:
    """The indented line that starts the server."""
    (line,) = [line for line in said.splitlines() if line.startswith("  ") and " serve " in line]
    return line.strip()


def test_a_shown_command_can_be_typed_in_the_folder_where_the_script_was_called(
    host: Host, signed: Made
) -> None:
    (signed.root / "extra").write_text("")
    done = host.setup("verify --key release.pub")
    again = host.type(shown(done.stdout, "Refused. Delete what is not listed with: "))
    assert (again.returncode, (signed.root / "extra").exists()) == (0, False), again.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look as sudo does")
def test_who_called_with_sudo_is_shown_commands_with_sudo(host: Host, signed: Made) -> None:
    (signed.root / "extra").write_text("")
    done = host.setup("verify --key release.pub", SUDO_USER="alice")
    assert shown(done.stdout, "Refused. Delete what is not listed with: ").startswith("sudo bash ")


def test_status_shows_the_command_that_loads_what_is_missing(host: Host, signed: Made) -> None:
    done = host.setup("status")
    assert done.returncode == 3
    load = shown(done.stdout, "Load what is missing: ")
    assert shlex.split(load)[-3:] == ["--key", "FILE", "load"]
    assert host.type(load.replace("FILE", "release.pub")).returncode == 0
    assert host.engine.images == signed.config
    assert "Load what is missing" not in host.setup("status").stdout


def test_an_older_bundle_that_was_allowed_is_allowed_in_the_shown_commands(
    host: Host, key: Path, tmp_path: Path
) -> None:
    newer = unpacked_bundle(tmp_path / "newer", key, epoch=1_800_000_000, images={})
    assert host.type(f"bash {newer.root}/{SETUP.name} env --key release.pub").returncode == 0
    done = host.setup("push registry.test --key release.pub --allow-downgrade")
    again = host.type(shown(done.stdout, "Point Kamiwaza at them: "))
    assert again.returncode == 0, again.stdout + again.stderr


def test_what_is_counted_is_what_kamiwaza_will_read(host: Host) -> None:
    assert host.setup("push registry.test search --key release.pub").returncode == 0
    assert "garden/default: 2 apps, " in host.setup("env --relocated --key release.pub").stdout  # and `plain`
    assert "garden/default: 3 apps, " in host.setup("env --key release.pub").stdout


def test_catalogs_for_a_private_registry_are_served_by_the_commands_that_are_shown(
    host: Host, signed: Made
) -> None:
    assert host.setup("push registry.test --key release.pub").returncode == 0
    done = host.setup("env --relocated --key release.pub")
    (other,) = [line for line in done.stdout.splitlines() if line.endswith(" --https HOST")]
    done = host.type(other.replace("HOST", "registry.example"))
    assert 'URL="https://registry.example:58888"' in (signed.root / "kamiwaza-registry.env").read_text()
    served = host.type(server_command(done.stdout)).stdout.splitlines()[-1]
    relocated = signed.root / "state/relocated"
    program = signed.root / "serve-registry.py"
    assert served == f"ran: {program} --root {relocated} --port 58888 --san registry.example"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("command", ["env", "preflight"])
def test_the_folder_that_keeps_kamiwaza_from_reading_is_named(host: Host, shared: Path, command: str) -> None:
    made = unpacked_bundle(shared / "home/kamiwaza-extension-registry", images={})
    for mode in (0o700, 0o755):
        (shared / "home").chmod(mode)
        said = host.type(f"bash {made.root}/{SETUP.name} {command}").stdout
        assert (f"users cannot read {shared}/home" in said) == (mode == 0o700)
    made.root.chmod(0o777)
    assert "users cannot read" not in host.type(f"bash {made.root}/{SETUP.name} {command}").stdout


@pytest.mark.parametrize("command", ["env", "preflight"])
@pytest.mark.parametrize("closed", ["garden", "garden/default", "garden/default/tools.json"])
def test_what_lies_closed_in_the_folder_is_named_with_the_way_to_open_it(
    host: Host, shared: Path, command: str, closed: str
) -> None:
    made = unpacked_bundle(shared / "kamiwaza-extension-registry", images={})
    (made.root / closed).chmod(0o700)
    said = host.type(f"bash {made.root}/{SETUP.name} {command}").stdout
    assert f"users cannot read {made.root}/{closed}" in said
    assert f"chmod -R a+rX {made.root}" in said
    subprocess.run(["chmod", "-R", "a+rX", made.root], check=True)
    assert "users cannot read" not in host.type(f"bash {made.root}/{SETUP.name} {command}").stdout


def test_without_room_for_a_receipt_the_images_are_loaded_and_it_is_said(host: Host, signed: Made) -> None:
    host.instead_of("mktemp", "receipt")
    done = host.setup("load --key release.pub")
    assert (done.returncode, host.engine.images) == (0, signed.config)
    assert "there is no receipt of this" in done.stderr
    assert "3 images loaded" in done.stdout


def test_without_room_for_the_mark_against_older_bundles_the_rest_is_done(host: Host, signed: Made) -> None:
    host.instead_of("mv", "sequences.tsv")
    done = host.setup("load --key release.pub")
    assert (done.returncode, host.engine.images) == (0, signed.config)
    assert "an older bundle will not be noticed here" in done.stderr


@pytest.mark.parametrize("program", ["cp", "sed"])
def test_without_room_for_catalogs_push_says_so_and_leaves_the_old_ones(
    host: Host, signed: Made, program: str
) -> None:
    assert host.setup("push registry.test --key release.pub").returncode == 0
    host.instead_of(program, "relocated" if program == "cp" else "@REGISTRY@")
    done = host.setup("push other.test --key release.pub")
    assert (done.returncode, "run the same command again" in done.stderr) == (3, True)
    folders = [path.name for path in (signed.root / "state").iterdir() if path.is_dir()]
    assert folders == ["relocated"]
    assert host.setup("env --relocated --key release.pub").returncode == 0


def test_status_says_who_is_said_to_have_signed_and_that_nobody_checked(host: Host, tmp_path: Path) -> None:
    assert re.search(
        r"^made .*Z; it says that sha256:\w{64} signed it, which was not checked$",
        host.setup("status").stdout,
        re.MULTILINE,
    )
    unsigned = unpacked_bundle(tmp_path / "unsigned", images={})
    said = host.type(f"bash {unsigned.root}/{SETUP.name} status").stdout.splitlines()
    assert said[1].endswith("Z; it is not signed")
    assert said[2:] == ["no images in this bundle", "settings: none yet"]


def test_where_a_bundle_has_no_images_nobody_else_is_said_to_have_loaded_them(
    host: Host, tmp_path: Path
) -> None:
    made = unpacked_bundle(tmp_path / "without", images={})
    assert host.type(f"bash {made.root}/{SETUP.name} uninstall").stdout == "0 images removed\n"


def test_what_is_wrong_is_told_in_the_order_of_the_paths(host: Host, signed: Made) -> None:
    for name in "abcdefgh":
        (signed.root / f"extra-{name}").write_text("")
        (signed.root / f"garden/default/docker-images/images/{ord(name) % 3}/members").write_text("x")
    said = host.setup("verify --key release.pub").stdout.splitlines()
    for kind, least in (("changed: ", 3), ("unlisted: ", 8)):
        paths = [line.split(": ")[1] for line in said if line.startswith(kind)]
        assert len(paths) >= least
        assert paths == sorted(paths)


def test_settings_that_cannot_be_written_do_not_deny_what_was_loaded(host: Host, signed: Made) -> None:
    (signed.root / "kamiwaza-registry.env").mkdir()
    done = host.setup("--key release.pub")
    assert (done.returncode, host.engine.images) == (3, signed.config)
    assert "kamiwaza-registry.env" in done.stderr
    assert "Nothing was changed" not in done.stderr


def test_what_an_interrupted_push_left_is_cleared_away_by_the_next(host: Host, signed: Made) -> None:
    left = signed.root / "state/relocated.AbCdEf/garden"
    left.mkdir(parents=True)
    assert host.setup("push registry.test --key release.pub").returncode == 0
    assert not left.parent.exists()


def test_a_folder_that_is_no_bundle_is_not_called_a_registry(host: Host, shared: Path) -> None:
    done = host.setup(f"--root {shared} verify")
    assert done.returncode == 3
    assert f"{shared} is no bundle" in done.stderr
    assert "--root DIR" in done.stderr


def test_a_load_that_failed_is_run_again_with_the_same_names(host: Host) -> None:
    host.engine.change(broken=[NOTES])
    done = host.setup("load notes --key release.pub")
    assert (done.returncode, "run the same command again" in done.stderr) == (1, True)


def test_the_server_of_a_plain_build_is_started_by_the_command_that_is_shown(
    host: Host, tmp_path: Path
) -> None:
    build = tmp_path / "plain"
    (build / "garden/default").mkdir(parents=True)
    for name in ("apps.json", "tools.json"):
        (build / "garden/default" / name).write_text("[]")
    for script in SCRIPTS:
        shutil.copy(script, build)
    (build / "serve-registry.py").touch()
    done = host.type(f"bash plain/{SETUP.name} env --https registry.example")
    served = host.type(server_command(done.stdout)).stdout
    assert served == f"ran: {build}/serve-registry.py --root {build} --port 58888 --san registry.example\n"
