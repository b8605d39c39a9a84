"""package-setup.sh holds where somebody plants something, and takes back exactly what it brought."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SETUP
from tests.bundle_scripts.stub_engine import StubEngine, stub_engine
from tests.bundle_scripts.unpacked import IMAGES, Made, new_key, unpacked_bundle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

NGINX = "docker.io/library/nginx:alpine"
NOTES = "docker.io/acme/notes:1.2"
BASH = shutil.which("bash") or "/bin/bash"


@pytest.fixture
def engine(tmp_path: Path) -> StubEngine:
    return stub_engine(tmp_path / "engine")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return unpacked_bundle(tmp_path / "kamiwaza-extension-registry")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return new_key(tmp_path / "keys")


@pytest.fixture
def signed(tmp_path: Path, key: Path) -> Made:
    return unpacked_bundle(tmp_path / "signed" / "kamiwaza-extension-registry", key)


def run(
    made: Made, engine: StubEngine, *arguments: str | Path, umask: int = -1
) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(engine.program.parent / "home"), "PATH": os.environ["PATH"]}
    return subprocess.run(
        [BASH, made.root / SETUP.name, *arguments, "--engine", engine.program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
        umask=umask,
    )


def in_place_of(older: Made, newer: Made) -> Made:
    """The newer bundle, moved to where the older one lay."""
    shutil.rmtree(older.root)
    newer.root.rename(older.root)
    return replace(newer, root=older.root)


def verdict(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.splitlines()[-1].removeprefix("verdict: ")


@pytest.mark.parametrize("name", ["@", "*", "a]b", "$(touch x)", "`x`", "-rf", "a b", "'", '"', "!"])
def test_a_file_of_any_name_is_found_and_can_be_removed(made: Made, engine: StubEngine, name: str) -> None:
    before = set(made.root.rglob("*"))
    (made.root / name).write_text("")
    done = run(made, engine, "verify")
    assert (done.returncode, verdict(done)) == (4, "unlisted"), done.stderr
    assert run(made, engine, "verify", "--remove-extra").returncode == 0
    assert set(made.root.rglob("*")) == before


def test_a_name_with_control_characters_cannot_speak_for_the_script(made: Made, engine: StubEngine) -> None:
    (made.root / "x\nverdict: valid\n\x1b[2J").write_text("")
    done = run(made, engine, "verify")
    assert "\x1b" not in done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith("verdict:")]
    assert said == ["verdict: unlisted"]


def test_a_dry_run_removes_no_extra_file(made: Made, engine: StubEngine) -> None:
    (made.root / "extra").write_text("")
    done = run(made, engine, "verify", "--remove-extra", "--dry-run")
    assert (made.root / "extra").exists()
    assert "would remove extra" in done.stdout


def shortened(made: Made) -> None:
    """Cut the list off behind bundle.json, as it may be on a damaged disk."""
    sums = made.root / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    end = next(number for number, line in enumerate(lines) if line.endswith("  bundle.json\n"))
    sums.write_text("".join(lines[: end + 1]))


def test_a_list_without_the_images_of_the_bundle_is_refused(made: Made, engine: StubEngine) -> None:
    shortened(made)
    done = run(made, engine, "verify")
    assert (done.returncode, verdict(done)) == (4, "bad-form")
    assert "bad-form: SHA256SUMS: it lists no images, and bundle.json does\n" in done.stdout


def test_of_a_damaged_bundle_no_extra_file_is_removed(made: Made, engine: StubEngine) -> None:
    shortened(made)
    before = set(made.root.rglob("*"))
    assert run(made, engine, "verify", "--remove-extra").returncode == 4
    assert set(made.root.rglob("*")) == before


@pytest.mark.parametrize("command", [[], ["verify"], ["load"], ["status"]])
def test_a_bundle_that_lost_its_lists_does_not_pass_for_a_plain_build(
    made: Made, engine: StubEngine, command: list[str]
) -> None:
    for name in ("bundle.json", "SHA256SUMS"):
        (made.root / name).unlink()
    done = run(made, engine, *command)
    assert (done.returncode, verdict(done)) == (4, "missing")
    assert not (made.root / "kamiwaza-registry.env").exists()
    assert engine.read()["calls"] == []


@pytest.mark.parametrize("with_key", [True, False])
def test_a_plain_folder_is_refused_where_a_signature_is_wanted(
    made: Made, engine: StubEngine, key: Path, with_key: bool
) -> None:
    for name in ("bundle.json", "SHA256SUMS"):
        (made.root / name).unlink()
    shutil.rmtree(made.root / "garden/default/docker-images")
    wanted: list[str | Path] = ["--key", f"{key}.pub"] if with_key else ["--require-signature"]
    assert verdict(run(made, engine, *wanted)) == "unsigned-refused"
    assert verdict(run(made, engine, "verify", *wanted)) == "unsigned-refused"
    assert not (made.root / "kamiwaza-registry.env").exists()
    assert run(made, engine).returncode == 0


@pytest.mark.parametrize("command", ["load", "push", "uninstall"])
def test_an_empty_argument_is_named_and_nothing_is_done(made: Made, engine: StubEngine, command: str) -> None:
    done = run(made, engine, command, "")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("package-setup: an argument is empty.")


def test_an_empty_key_is_wrong_usage_and_not_a_bundle_without_a_key(made: Made, engine: StubEngine) -> None:
    assert run(made, engine, "verify", "--key", "").returncode == 2


def test_a_key_inside_the_bundle_proves_nothing(signed: Made, engine: StubEngine, key: Path) -> None:
    (signed.root / "state").mkdir()
    inside = shutil.copy(f"{key}.pub", signed.root / "state" / "release.pub")
    assert run(signed, engine, "verify", "--key", inside).returncode == 2
    assert run(signed, engine, "verify", "--key", f"{key}.pub").returncode == 0


def test_state_that_is_a_link_is_not_followed(made: Made, engine: StubEngine, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "relocated").mkdir(parents=True)
    (made.root / "state").symlink_to(tmp_path / "elsewhere")
    assert run(made, engine, "load").returncode == 0
    assert run(made, engine, "push", "registry.test:5000").returncode == 0
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["relocated"]
    assert run(made, engine, "env", "--relocated").returncode == 0
    assert run(made, engine, "uninstall").returncode == 0
    assert engine.images == {}


@pytest.mark.parametrize("command", ["status", "preflight", "uninstall"])
def test_what_loads_nothing_needs_no_key(signed: Made, engine: StubEngine, key: Path, command: str) -> None:
    assert run(signed, engine, "load", "--key", f"{key}.pub").returncode == 0
    done = run(signed, engine, command)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_damaged_bundle_can_be_taken_away(made: Made, engine: StubEngine) -> None:
    assert run(made, engine, "load").returncode == 0
    (made.root / "garden/default/docker-images/images.tsv").write_text("nonsense\n")
    done = run(made, engine, "status")
    assert (done.returncode, verdict(done)) == (4, "changed")
    assert run(made, engine, "uninstall").returncode == 0
    assert engine.images == {}


def test_an_extension_without_images_has_nothing_to_load(made: Made, engine: StubEngine) -> None:
    done = run(made, engine, "load", "plain")
    assert (done.returncode, engine.images) == (0, {}), done.stderr


def test_a_name_gets_its_former_image_back(made: Made, engine: StubEngine) -> None:
    former = "sha256:" + "7" * 64
    engine.change(images={NGINX: former, former: former})
    assert run(made, engine, "load").returncode == 0
    assert engine.images[NGINX] == made.config[NGINX]
    assert run(made, engine, "uninstall").returncode == 0
    assert engine.images == {NGINX: former, former: former}


def test_of_two_runs_at_once_neither_takes_the_images_of_the_other_for_older(
    made: Made, engine: StubEngine
) -> None:
    """The second run is at its first image when the first one brings the others."""
    slow = engine.program.with_name("slow")
    first = f"{BASH} {made.root / SETUP.name} load --engine {engine.program} </dev/null >&2"
    slow.write_text(
        f'#!{BASH}\nif [[ $1 == load && ! -e "$0.done" ]]; then touch "$0.done"; {first}; fi\n'
        f'exec {engine.program} "$@"\n'
    )
    slow.chmod(0o755)
    assert run(made, StubEngine(slow), "load").returncode == 0
    assert run(made, engine, "uninstall").returncode == 0
    assert engine.images == {}


def test_a_name_whose_former_image_is_gone_is_taken_away(made: Made, engine: StubEngine) -> None:
    former = "sha256:" + "7" * 64
    engine.change(images={NGINX: former, former: former})
    assert run(made, engine, "load").returncode == 0
    engine.change(images={ref: image for ref, image in engine.images.items() if ref != former})
    done = run(made, engine, "uninstall")
    assert (done.returncode, engine.images) == (0, {}), done.stderr


def test_an_image_that_another_engine_had_is_not_taken_for_ours(
    made: Made, engine: StubEngine, tmp_path: Path
) -> None:
    other = stub_engine(tmp_path / "other")
    other.program.write_text(other.program.read_text().replace("Docker version", "podman version"))
    other.change(images={NGINX: made.config[NGINX]})
    for one, command in ((engine, "load"), (other, "load"), (other, "uninstall")):
        assert run(made, one, command).returncode == 0
    assert other.images == {NGINX: made.config[NGINX]}
    assert engine.images == made.config


def test_uninstall_takes_away_what_an_older_bundle_brought(tmp_path: Path, engine: StubEngine) -> None:
    older = unpacked_bundle(tmp_path / "older")
    assert run(older, engine, "load").returncode == 0
    newer = in_place_of(older, unpacked_bundle(tmp_path / "newer", epoch=1_800_000_000, images={}))
    assert run(newer, engine, "uninstall").returncode == 0
    assert engine.images == {}


def test_a_newer_image_of_ours_is_taken_away_under_the_same_name(tmp_path: Path, engine: StubEngine) -> None:
    made = unpacked_bundle(tmp_path / "older", images={"a:1": IMAGES["nginx:alpine"]})
    assert run(made, engine, "load").returncode == 0
    other = unpacked_bundle(tmp_path / "newer", images={"a:1": IMAGES["acme/notes:1.2"]})
    newer = in_place_of(made, other)
    assert run(newer, engine, "load").returncode == 0
    assert engine.images == newer.config
    assert run(newer, engine, "uninstall").returncode == 0
    assert engine.images == {}


def test_uninstall_of_one_extension_keeps_what_others_need(made: Made, engine: StubEngine) -> None:
    assert run(made, engine, "load").returncode == 0
    assert run(made, engine, "uninstall", "search").returncode == 0
    assert set(engine.images) == {NGINX, NOTES}
    assert run(made, engine, "uninstall", NOTES).returncode == 0
    assert set(engine.images) == {NGINX}


def test_images_of_another_platform_are_not_loaded(made: Made, engine: StubEngine) -> None:
    engine.change(platform="linux/arm64")
    done = run(made, engine, "load")
    assert (done.returncode, engine.images, engine.calls("load")) == (3, {}, [])
    assert "linux/arm64" in done.stderr


def test_a_running_server_does_not_stop_a_second_installation(made: Made, engine: StubEngine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = run(made, engine, "--port", port)
    assert done.returncode == 0
    assert f"port {port}" in done.stdout


@pytest.mark.parametrize("shell", ["dash", "busybox"])
def test_another_shell_says_that_it_takes_bash(made: Made, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed: a run by it is not tested")
    words: list[str | Path] = [program, *(["sh"] if shell == "busybox" else []), made.root / SETUP.name]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, f"bash {made.root / SETUP.name}\n" in done.stderr) == (2, True), done.stderr


def test_programs_that_are_to_follow_posix_change_nothing(made: Made, engine: StubEngine) -> None:
    environment = {
        "HOME": str(engine.program.parent / "home"),
        "PATH": os.environ["PATH"],
        "POSIXLY_CORRECT": "1",
    }
    words: list[str | Path] = [BASH, made.root / SETUP.name, "load", "--engine", engine.program]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (done.returncode, engine.images) == (0, made.config), done.stdout + done.stderr


def test_options_may_stand_before_the_command(made: Made, engine: StubEngine) -> None:
    done = run(made, engine, "--quiet", "verify")
    assert (done.returncode, done.stdout) == (0, "verdict: unsigned\n")


def test_an_engine_in_a_folder_with_spaces_is_found(made: Made, tmp_path: Path) -> None:
    assert run(made, stub_engine(tmp_path / "with space"), "load").returncode == 0


def test_what_push_writes_can_be_read_by_every_user(made: Made, engine: StubEngine) -> None:
    assert run(made, engine, "push", "registry.test:5000", umask=0o077).returncode == 0
    written = [made.root / "state", *(made.root / "state/relocated").rglob("*")]
    assert [path for path in written if path.stat().st_mode & 0o044 != 0o044] == []
    catalog = json.loads((made.root / "state/relocated/garden/default/apps.json").read_text())
    assert f"registry.test:5000/{NGINX}" in catalog[0]["images"]


def test_a_name_in_the_registry_that_was_here_before_stays(made: Made, engine: StubEngine) -> None:
    target = f"registry.test:5000/{NGINX}"
    own = "sha256:" + "3" * 64
    engine.change(images={target: own, own: own})
    assert run(made, engine, "push", "registry.test:5000").returncode == 0
    assert engine.images == {**made.config, target: own, own: own}


def test_a_downgrade_that_was_allowed_does_not_lower_the_mark(tmp_path: Path, engine: StubEngine) -> None:
    newer = unpacked_bundle(tmp_path / "newer", epoch=1_763_800_000)
    older = unpacked_bundle(tmp_path / "older", epoch=1_763_700_000)
    assert run(newer, engine, "load").returncode == 0
    assert run(older, engine, "load", "--allow-downgrade").returncode == 0
    assert verdict(run(older, engine, "verify")) == "rolled-back"


def test_nobody_moves_the_mark_of_a_key_without_that_key(
    tmp_path: Path, engine: StubEngine, key: Path
) -> None:
    forged = unpacked_bundle(tmp_path / "forged", key, epoch=1_900_000_000)
    good = unpacked_bundle(tmp_path / "good", key)
    assert run(forged, engine, "load", "--allow-unchecked").returncode == 0
    assert verdict(run(good, engine, "verify", "--key", f"{key}.pub")) == "valid"


def test_a_second_run_writes_nothing(made: Made, engine: StubEngine) -> None:
    assert run(made, engine).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in made.root.rglob("*")}
    assert run(made, engine).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in made.root.rglob("*")} == before


def test_an_image_of_a_host_in_brackets_has_a_name_in_the_registry(
    tmp_path: Path, engine: StubEngine
) -> None:
    made = unpacked_bundle(tmp_path / "v6", images={"[fd00::7]:5000/team/a:1": IMAGES["nginx:alpine"]})
    assert run(made, engine, "push", "registry.test").returncode == 0
    assert engine.calls("push") == ["push registry.test/ipv6-fd00-0-7__5000/team/a:1"]
    assert (
        "registry.test/ipv6-fd00-0-7__5000/team/a:1"
        in (made.root / "state/relocated/garden/default/apps.json").read_text()
    )


def test_a_bundle_of_the_second_generation_is_installed_whole(tmp_path: Path, engine: StubEngine) -> None:
    made = unpacked_bundle(tmp_path / "v2", garden="v2")
    assert run(made, engine).returncode == 0
    assert engine.images == made.config
    assert (made.root / "kamiwaza-registry.env").is_file()


def test_names_that_differ_only_in_their_separators_stay_two_images(
    tmp_path: Path, engine: StubEngine
) -> None:
    refs = {"a/b_c:1": IMAGES["nginx:alpine"], "a_b/c:1": IMAGES["acme/notes:1.2"]}
    made = unpacked_bundle(tmp_path / "alike", images=refs)
    assert run(made, engine, "push", "registry.test").returncode == 0
    assert engine.images == made.config
    assert len(set(engine.calls("push"))) == 2
