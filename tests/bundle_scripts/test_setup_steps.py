"""Each command of package-setup.sh stops at what is wrong, and the commands that it shows can be run."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SCRIPTS, SERVER, SETUP
from tests.bundle_scripts.setup_run import BASH, environment, run
from tests.bundle_scripts.stub_engine import StubEngine, stub_engine
from tests.bundle_scripts.unpacked import Made, seal_again, unpacked_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

NOBODY = 65534
PODMAN = """#!/bin/sh
case $1 in
  --version) echo podman version 4.9.3 ;;
  version) echo 4.9.3 linux/amd64 ;;
  info) echo /tmp ;;
  unshare) cat "${0%/*}/uid_map" ;;
  *) exit 1 ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path) -> StubEngine:
    return stub_engine(tmp_path / "engine")


def test_a_trusted_copy_of_the_script_starts_the_server_beside_it(
    signed: Made, engine: StubEngine, key: Path, programs: Path
) -> None:
    given: list[str | Path] = ["--root", signed.root, "--key", f"{key}.pub", "--quiet"]
    done = run(SETUP, engine, *given, "serve", "--port", "9", first=programs)
    assert done.stdout == f"verdict: valid\nran: {SERVER} --root {signed.root} --port 9\n"


def test_a_trusted_copy_of_the_script_without_a_server_starts_no_other(
    signed: Made, engine: StubEngine, key: Path, programs: Path, tmp_path: Path
) -> None:
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    for script in SCRIPTS:
        shutil.copy(script, trusted)
    given: list[str | Path] = ["--root", signed.root, "--key", f"{key}.pub"]
    done = run(trusted / SETUP.name, engine, *given, "serve", first=programs)
    assert (done.returncode, "ran: " in done.stdout) == (3, False)
    assert f"{trusted}/serve-registry.py is missing" in done.stderr


def test_nothing_of_a_bundle_is_read_before_it_is_verified(
    signed: Made, engine: StubEngine, key: Path
) -> None:
    (signed.root / "garden/default/apps.json").write_text('[{"name":')
    done = run(signed.root / SETUP.name, engine, "--key", f"{key}.pub")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (4, "verdict: changed")


def test_no_settings_are_written_for_a_damaged_registry(signed: Made, engine: StubEngine, key: Path) -> None:
    (signed.root / "garden/default/apps.json").write_text('[{"name":')
    seal_again(signed.root, key)
    done = run(signed.root / SETUP.name, engine, "env", "--key", f"{key}.pub")
    assert (done.returncode, "apps.json is damaged" in done.stderr) == (3, True)
    assert not (signed.root / "kamiwaza-registry.env").exists()


def typed(answer: bytes, command: list[str | Path], environment: dict[str, str]) -> str:
    """Run a command on a terminal where somebody types; returns what is shown."""
    shown = b""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        os.write(ours, answer)
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # Linux reports the end of a terminal as an error
            pass
    os.close(ours)
    return shown.decode()


@pytest.mark.parametrize(
    "case",
    [
        (["--https", "registry.example:9999"], "--port 9999 --san registry.example"),
        (["--https", "[2001:db8::7]"], "--port 58888 --san [2001:db8::7]"),
        (["--port", "9999"], "--port 9999"),
    ],
)
def test_the_guided_installation_starts_the_server_of_the_settings(
    signed: Made, engine: StubEngine, key: Path, programs: Path, case: tuple[list[str], str]
) -> None:
    options, served = case
    given: list[str | Path] = ["--key", f"{key}.pub", "--engine", engine.program, *options]
    shown = typed(b"y\n", [BASH, signed.root / SETUP.name, *given], environment(engine, programs))
    program = signed.root / "serve-registry.py"
    assert f"ran: {program} --root {signed.root} {served}\r\n" in shown


def test_catalogs_that_push_did_not_write_are_not_served_either(
    signed: Made, engine: StubEngine, key: Path
) -> None:
    given = ["--relocated", "--https", "registry.example", "--key", f"{key}.pub"]
    done = run(signed.root / SETUP.name, engine, "env", *given)
    assert (done.returncode, "push REGISTRY" in done.stderr) == (3, True)
    assert not (signed.root / "kamiwaza-registry.env").exists()


@pytest.mark.parametrize("script", [SETUP.name, str(SETUP)], ids=["of the bundle", "trusted copy"])
def test_the_command_that_deletes_unlisted_files_works_as_it_is_shown(
    signed: Made, engine: StubEngine, key: Path, script: str
) -> None:
    (signed.root / "extra").write_text("")
    command = ["--root", str(signed.root)] if script == str(SETUP) else []
    done = run(signed.root / script, engine, "verify", "--key", f"{key}.pub", *command)
    (shown,) = [line for line in done.stdout.splitlines() if "Delete what is not listed" in line]
    again = shown.partition(": ")[2]
    where = (signed.root / script).parent
    subprocess.run([BASH, "-c", again], cwd=where, check=True, capture_output=True, env=environment(engine))
    assert not (signed.root / "extra").exists()


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize(("uid_map", "is_advised"), [("0 65534 1\n1 9 9\n", False), ("0 65534 1\n", True)])
def test_podman_is_asked_for_its_subordinate_ids_and_never_stops_for_them(
    shared: Path, uid_map: str, is_advised: bool
) -> None:
    made = unpacked_bundle(shared / "kamiwaza-extension-registry")
    (shared / "podman").write_text(PODMAN)
    (shared / "podman").chmod(0o755)
    (shared / "uid_map").write_text(uid_map)
    other_user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [BASH, made.root / SETUP.name, "preflight", "--engine", shared / "podman"],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(shared), "PATH": os.environ["PATH"]},
        **other_user,  # type: ignore[call-overload]
    )
    assert (done.returncode, "no subordinate ids" in done.stdout) == (0, is_advised), done.stdout
