"""package-setup.sh hands to the engine what was checked, no more than that, and remembers what it did."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import SETUP
from tests.bundle_scripts.stub_engine import StubEngine, stub_engine
from tests.bundle_scripts.unpacked import IMAGES, Made, new_key, unpacked_bundle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TOOLS = (
    *("bash", "basename", "cat", "chmod", "comm", "cp", "cut", "date", "df", "dirname", "env", "head", "id"),
    *(
        "cksum",
        "readlink",
        "timeout",
        "ls",
        "mkdir",
        "mktemp",
        "mv",
        "od",
        "rm",
        "sort",
        "stat",
        "tail",
        "tr",
        "uname",
        "wc",
        "touch",
    ),
    *("find", "xargs", "grep", "sed", "tar", "gzip", "openssl"),
)
SEARCH = "registry.example:5000/team/search:7"
NGINX = "docker.io/library/nginx:alpine"
NOTES = "docker.io/acme/notes:1.2"


@pytest.fixture
def engine(tmp_path: Path) -> StubEngine:
    return stub_engine(tmp_path / "engine")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return unpacked_bundle(tmp_path / "with space" / "kamiwaza-extension-registry")


def run(
    made: Made, engine: StubEngine, *arguments: str, path: str | None = None
) -> subprocess.CompletedProcess[str]:
    home = engine.program.parent / "home"
    environment = {"HOME": str(home), "PATH": path or os.environ["PATH"], "KAMIWAZA_REGISTRY_KEY": ""}
    bash = shutil.which("bash") or "/bin/bash"
    return subprocess.run(
        [bash, made.root / SETUP.name, *arguments, "--engine", str(engine.program)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )


def test_every_image_is_loaded_and_is_the_one_of_the_bundle(made: Made, engine: StubEngine) -> None:
    done = run(made, engine, "load")
    assert done.returncode == 0, done.stderr
    assert engine.images == made.config


def test_the_largest_image_is_loaded_first(made: Made, engine: StubEngine) -> None:
    run(made, engine, "load")
    sizes = {line.split("\t")[1]: int(line.split("\t")[5]) for line in table(made)}
    loaded = [sizes[ref] for ref in engine.streamed()]
    assert loaded == sorted(loaded, reverse=True)


def table(made: Made) -> list[str]:
    return (made.root / "garden/default/docker-images/images.tsv").read_text().splitlines()


def test_one_extension_is_loaded_by_streaming_only_its_own_blobs(made: Made, engine: StubEngine) -> None:
    assert run(made, engine, "load", "search").returncode == 0
    (names,) = engine.streamed().values()
    number = next(line.split("\t")[0] for line in table(made) if line.split("\t")[1] == SEARCH)
    members = (made.root / f"garden/default/docker-images/images/{number}/members").read_text().split()
    assert names == sorted(name.removeprefix(f"images/{number}/") for name in members)
    assert list(engine.images) == [SEARCH]


def test_a_second_run_loads_nothing(made: Made, engine: StubEngine) -> None:
    run(made, engine, "load")
    for more in ([], ["--dry-run"]):
        assert "nothing to load: 3 images there already\n" in run(made, engine, "load", *more).stdout
    assert len(engine.calls("load")) == 3


def test_one_image_is_counted_as_one(made: Made, engine: StubEngine) -> None:
    run(made, engine, "load", "search")
    assert run(made, engine, "load", "search").stdout.endswith("nothing to load: 1 image there already\n")
    assert "2 images loaded, 1 there already, 0 failed" in run(made, engine, "load").stdout


def test_when_every_load_fails_the_exit_code_says_so(made: Made, engine: StubEngine) -> None:
    engine.change(broken=list(made.config))
    done = run(made, engine, "load")
    assert done.returncode == 1
    assert all(ref in done.stderr for ref in made.config)
    assert "the disk of the engine is full" in done.stderr


def test_an_engine_that_says_done_and_has_another_image_is_not_believed(
    made: Made, engine: StubEngine
) -> None:
    engine.change(lies=[SEARCH])
    done = run(made, engine, "load")
    assert done.returncode == 1
    assert "these images were not loaded: " + SEARCH in done.stderr


def test_an_interrupted_installation_goes_on_where_it_stopped(made: Made, engine: StubEngine) -> None:
    engine.change(broken=[SEARCH])
    run(made, engine, "load")
    engine.change(broken=[])
    assert "1 image loaded, 2 there already" in run(made, engine, "load").stdout


def test_a_signal_stops_loading_and_it_is_said_that_it_can_go_on(made: Made, engine: StubEngine) -> None:
    engine.change(slow=[SEARCH])
    command = ["bash", str(made.root / SETUP.name), "load", "--engine", str(engine.program)]
    environment = {"HOME": str(engine.program.parent / "home"), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, start_new_session=True
    ) as process:
        while f"load {SEARCH}" not in engine.program.with_name("state.json").read_text():
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=30)[1].decode()
    assert process.returncode == 130
    assert "package-setup: interrupted. What was done stays: run the same command again" in said
    engine.change(slow=[])
    assert run(made, engine, "load").returncode == 0
    assert engine.images == made.config


def test_a_changed_file_reaches_no_engine(made: Made, engine: StubEngine) -> None:
    (made.root / "index.html").write_text("other")
    done = run(made, engine, "load")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (4, "verdict: changed")
    assert engine.read()["calls"] == []


def test_uninstall_removes_what_was_loaded_and_nothing_that_was_there_before(
    made: Made, engine: StubEngine
) -> None:
    engine.change(images={NGINX: made.config[NGINX], "other:1": "sha256:1"})
    run(made, engine, "load")
    run(made, engine, "env")
    assert run(made, engine, "uninstall").returncode == 0
    assert engine.images == {NGINX: made.config[NGINX], "other:1": "sha256:1"}
    assert not (made.root / "kamiwaza-registry.env").exists()


def test_an_image_that_a_container_uses_is_kept_and_named(made: Made, engine: StubEngine) -> None:
    run(made, engine, "load")
    engine.change(used=[NOTES])
    done = run(made, engine, "uninstall")
    assert done.returncode == 1
    assert f"still in use, and kept: {NOTES}" in done.stderr
    assert list(engine.images) == [NOTES]


def test_what_was_removed_can_be_loaded_and_removed_again(made: Made, engine: StubEngine) -> None:
    for command in ("load", "uninstall", "load", "uninstall"):
        assert run(made, engine, command).returncode == 0
    assert engine.images == {}


def test_uninstall_says_of_each_image_and_of_the_settings_what_becomes_of_them(
    made: Made, engine: StubEngine
) -> None:
    engine.change(images={NGINX: made.config[NGINX]})
    run(made, engine)
    engine.change(used=[NOTES])
    done = run(made, engine, "uninstall")
    assert done.stdout.splitlines() == [
        f"kept {NOTES}: in use",
        f"kept {NGINX}: it was there before",
        f"removed {SEARCH}",
        f"removed {made.root}/kamiwaza-registry.env",
        "1 image removed",
    ]


def test_uninstall_keeps_what_another_extension_or_image_has_and_says_so(
    tmp_path: Path, engine: StubEngine
) -> None:
    images = {"a:1": ("search", IMAGES["nginx:alpine"][1]), "b:1": ("notes", IMAGES["acme/notes:1.2"][1])}
    made = unpacked_bundle(tmp_path / "two", images=images)
    run(made, engine, "load")
    engine.change(images={**engine.images, "docker.io/library/a:1": "sha256:" + "7" * 64})
    done = run(made, engine, "uninstall")
    assert "kept docker.io/library/a:1: another image has this name now\n" in done.stdout
    assert list(engine.images) == ["docker.io/library/a:1"]


def test_an_image_that_other_extensions_need_is_kept_and_they_are_named(
    made: Made, engine: StubEngine
) -> None:
    run(made, engine, "load")
    notes = engine.program.parent / "home/.local/state/kamiwaza-registry/loaded.tsv"
    notes.write_text(notes.read_text().replace("\tsearch\t", "\tnotes,search\t"))
    done = run(made, engine, "uninstall", "search")
    assert f"kept {SEARCH}: other extensions need it: notes,search\n" in done.stdout
    assert engine.images == made.config


def test_uninstall_refuses_a_name_that_nothing_has(made: Made, engine: StubEngine) -> None:
    run(made, engine, "load")
    done = run(made, engine, "uninstall", "search", "nope")
    assert (done.returncode, "no extension or image 'nope'" in done.stderr) == (2, True)
    assert engine.images == made.config
    for name in ("plain", "search", NOTES, NOTES):
        assert run(made, engine, "uninstall", name).returncode == 0


@pytest.mark.parametrize("command", ["load", "uninstall"])
def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    made: Made, engine: StubEngine, command: str
) -> None:
    if command == "uninstall":
        run(made, engine, "load")
    before = engine.images
    done = run(made, engine, command, "--dry-run")
    assert done.returncode == 0
    assert all(
        f"would {'load' if command == 'load' else 'remove'} {ref}" in done.stdout for ref in made.config
    )
    assert engine.images == before
    assert command == "uninstall" or not (made.root / "state").exists()


def test_a_receipt_says_what_was_verified_and_loaded(made: Made, engine: StubEngine) -> None:
    run(made, engine, "load")
    (receipt,) = (made.root / "state").glob("receipt-*.json")
    said = json.loads(receipt.read_text())
    assert (said["verdict"], said["key"], said["engine"]) == ("unsigned", "unsigned", "docker 24.0.7")
    assert {image["ref"]: image["config"] for image in said["images"]} == made.config
    assert all(ref in receipt.with_suffix(".txt").read_text() for ref in made.config)


def test_an_unknown_name_is_refused(made: Made, engine: StubEngine) -> None:
    done = run(made, engine, "load", "seek")
    assert done.returncode == 2
    assert "has no extension or image 'seek'" in done.stderr
    assert engine.images == {}


def test_images_are_pushed_under_names_that_keep_their_host(made: Made, engine: StubEngine) -> None:
    done = run(made, engine, "push", "registry.acme.test:5000/team")
    assert done.returncode == 0, done.stderr
    assert set(engine.calls("push")) == {
        "push registry.acme.test:5000/team/docker.io/library/nginx:alpine",
        "push registry.acme.test:5000/team/docker.io/acme/notes:1.2",
        "push registry.acme.test:5000/team/registry.example__5000/team/search:7",
    }
    assert engine.images == made.config
    moved = (made.root / "state/relocated/garden/default/apps.json").read_text()
    assert "@REGISTRY@" not in moved
    assert "registry.acme.test:5000/team/docker.io/library/nginx:alpine" in moved
    assert (made.root / "state/relocated/garden/default/app-garden-images/notes.png").is_file()
    env = run(made, engine, "env", "--relocated")
    assert env.returncode == 0
    assert "/state/relocated" in (made.root / "kamiwaza-registry.env").read_text()


@pytest.mark.parametrize(
    "address", ["", "-x", "https://r.test", "r.test/UP", "r test", "r.test/a/../b", "r.test/;ls"]
)
def test_an_address_that_is_none_is_refused(made: Made, engine: StubEngine, address: str) -> None:
    assert run(made, engine, "push", address).returncode == 2
    assert engine.calls("push") == []


def test_images_for_a_private_registry_never_go_to_docker_hub(made: Made, engine: StubEngine) -> None:
    done = run(made, engine, "push", "registry/kamiwaza")
    assert (done.returncode, "push registry:443/kamiwaza" in done.stderr) == (2, True), done.stderr
    assert engine.calls("push") == []
    assert run(made, engine, "push", "localhost/kamiwaza").returncode == 0


def test_status_names_what_is_missing(made: Made, engine: StubEngine) -> None:
    run(made, engine, "load", "search")
    done = run(made, engine, "status")
    assert done.returncode == 3
    assert f"loaded   {SEARCH} (search)" in done.stdout
    assert f"missing  {NGINX} (notes)" in done.stdout


def test_without_a_command_and_a_terminal_everything_is_done_without_a_question(
    made: Made, engine: StubEngine
) -> None:
    done = run(made, engine)
    assert done.returncode == 0, done.stderr
    assert engine.images == made.config
    assert (made.root / "kamiwaza-registry.env").is_file()


def test_a_minimal_path_is_enough(made: Made, engine: StubEngine, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    done = run(made, engine, path=str(tools))
    assert (done.returncode, engine.images) == (0, made.config), done.stderr


@pytest.mark.parametrize(
    ("missing", "command"),
    [("openssl", ()), ("openssl", ("status",)), ("grep", ()), ("sed", ()), ("find", ()), ("xargs", ())],
)
def test_a_program_that_is_missing_is_named_and_is_no_fault_of_the_bundle(
    made: Made, engine: StubEngine, tmp_path: Path, missing: str, command: tuple[str, ...]
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (name for name in TOOLS if name != missing):
        (folder / name).symlink_to(shutil.which(name) or name)
    done = run(made, engine, *command, path=str(folder))
    said = f"package-setup: not installed, and needed to check the bundle: {missing}\n"
    assert (done.returncode, done.stdout, done.stderr.startswith(said)) == (3, "", True), done.stderr


def test_an_older_bundle_is_refused_after_a_newer_one(tmp_path: Path, engine: StubEngine) -> None:
    newer = unpacked_bundle(tmp_path / "newer")
    older = unpacked_bundle(tmp_path / "older", epoch=1_600_000_000)
    assert run(newer, engine, "load").returncode == 0
    done = run(older, engine, "load")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (4, "verdict: rolled-back")
    assert run(older, engine, "load", "--allow-downgrade").returncode == 0


def test_a_newer_bundle_over_an_older_one_names_what_is_left_over(tmp_path: Path, engine: StubEngine) -> None:
    older = unpacked_bundle(tmp_path / "older", epoch=1_600_000_000)
    newer = unpacked_bundle(tmp_path / "newer", images={})
    run(older, engine, "load")
    shutil.copytree(newer.root, older.root, dirs_exist_ok=True)
    together = Made(older.root, {}, {})
    done = run(together, engine, "verify")
    assert done.stdout.splitlines()[-1] == "verdict: unlisted"
    assert "garden/default/docker-images: SHA256SUMS does not name it" in done.stdout
    assert run(together, engine, "verify", "--remove-extra").returncode == 0
    assert run(together, engine, "verify").returncode == 0
    assert list((older.root / "state").glob("receipt-*.json"))


def test_an_engine_that_is_not_there_is_said_with_the_way_on(made: Made, tmp_path: Path) -> None:
    done = run(made, StubEngine(tmp_path / "nowhere" / "docker"), "load")
    assert done.returncode == 3
    assert "no container engine answers" in done.stderr
    assert "--engine" in done.stderr


def test_preflight_names_every_problem_at_once_with_a_fix(made: Made, tmp_path: Path) -> None:
    with_other_platform(made)
    done = run(made, StubEngine(tmp_path / "nowhere" / "docker"), "preflight")
    assert done.returncode == 3
    assert len(re.findall(r"^problem: .+\n  fix: .+$", done.stdout, re.MULTILINE)) == 2


def with_other_platform(made: Made) -> None:
    from tests.bundle_scripts.unpacked import seal_again  # noqa: PLC0415

    manifest = made.root / "bundle.json"
    manifest.write_text(
        manifest.read_text().replace('"platform": "linux/amd64"', '"platform": "linux/s390x"', 1)
    )
    seal_again(made.root)


def test_a_signed_bundle_needs_its_key(tmp_path: Path, engine: StubEngine) -> None:
    key = new_key(tmp_path / "keys")
    signed = unpacked_bundle(tmp_path / "signed", key=key)
    assert run(signed, engine, "load").returncode == 4
    assert engine.images == {}
    assert run(signed, engine, "load", "--key", f"{key}.pub").returncode == 0
    (receipt,) = (signed.root / "state").glob("receipt-*.json")
    assert json.loads(receipt.read_text())["verdict"] == "valid"


def test_a_closed_standard_input_stops_nothing(made: Made, engine: StubEngine) -> None:
    command = 'exec bash "$0" --engine "$1" <&-'
    done = subprocess.run(
        ["bash", "-c", command, made.root / SETUP.name, engine.program],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"HOME": str(engine.program.parent), "XDG_STATE_HOME": str(engine.program.parent)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert engine.images == made.config
    assert (made.root / "kamiwaza-registry.env").is_file()
