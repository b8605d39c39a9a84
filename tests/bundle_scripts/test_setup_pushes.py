"""package-setup.sh writes catalogs for a private registry that name only what was pushed there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from catalog.registry.image_names import relocated
from tests.bundle_scripts.server_process import SETUP
from tests.bundle_scripts.stub_engine import StubEngine, stub_engine
from tests.bundle_scripts.unpacked import Made, seal_again, unpacked_bundle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

BASH = shutil.which("bash") or "/bin/bash"
REGISTRY = "registry.test:5000"


@pytest.fixture
def engine(tmp_path: Path) -> StubEngine:
    return stub_engine(tmp_path / "engine")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return unpacked_bundle(tmp_path / "kamiwaza-extension-registry")


def push(made: Made, engine: StubEngine, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = try_push(made, engine, *arguments)
    assert done.returncode == 0, done.stderr
    return done


def try_push(made: Made, engine: StubEngine, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BASH, made.root / SETUP.name, "push", *arguments, "--engine", engine.program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(engine.program.parent / "home"), "PATH": os.environ["PATH"]},
        timeout=60,
    )


def catalog(made: Made) -> dict[str, Any]:
    """The entries of the catalog that push wrote, by name."""
    text = (made.root / "state/relocated/garden/default/apps.json").read_text()
    return {entry["name"]: entry for entry in json.loads(text)}


def expected(made: Made, *names: str) -> dict[str, Any]:
    """The entries of the bundle's own catalog, with the images in the private registry."""
    text = (made.root / "relocate/garden/default/apps.json.in").read_text().replace("@REGISTRY@", REGISTRY)
    return {entry["name"]: entry for entry in json.loads(text) if entry["name"] in names}


def test_a_catalog_names_only_extensions_whose_images_were_pushed(made: Made, engine: StubEngine) -> None:
    done = push(made, engine, REGISTRY, "search")
    assert catalog(made) == expected(made, "plain", "search")
    assert f"were not pushed to {REGISTRY}: notes" in done.stdout


def test_one_extension_after_the_other_ends_with_both(made: Made, engine: StubEngine) -> None:
    push(made, engine, REGISTRY, "search")
    assert "not pushed" not in push(made, engine, REGISTRY, "notes").stdout
    assert catalog(made) == expected(made, "plain", "search", "notes")


def test_a_whole_push_writes_the_whole_catalog(made: Made, engine: StubEngine) -> None:
    push(made, engine, REGISTRY)
    assert catalog(made) == expected(made, "plain", "search", "notes")


def test_what_another_registry_has_does_not_count(made: Made, engine: StubEngine) -> None:
    push(made, engine, "other.test", "notes")
    push(made, engine, REGISTRY, "search")
    assert catalog(made) == expected(made, "plain", "search")


def test_an_extension_with_only_some_of_its_images_pushed_is_left_out(made: Made, engine: StubEngine) -> None:
    push(made, engine, REGISTRY, "docker.io/acme/notes:1.2")
    assert catalog(made) == expected(made, "plain")


def test_a_catalog_in_one_line_is_taken_apart_as_well(made: Made, engine: StubEngine) -> None:
    path = made.root / "relocate/garden/default/apps.json.in"
    path.write_text(json.dumps(json.loads(path.read_text()), separators=(",", ":"), ensure_ascii=False))
    seal_again(made.root)
    push(made, engine, REGISTRY, "search")
    assert catalog(made) == expected(made, "plain", "search")


def test_an_extension_without_images_has_nothing_to_push(made: Made, engine: StubEngine) -> None:
    done = push(made, engine, REGISTRY, "plain")
    assert "there are no images to push" in done.stdout
    assert (engine.calls("push"), engine.calls("tag")) == ([], [])
    assert not (made.root / "state/relocated").exists()


def test_the_names_in_a_catalog_are_those_that_are_pushed(made: Made, engine: StubEngine) -> None:
    push(made, engine, REGISTRY)
    pushed = {call.removeprefix("push ") for call in engine.calls("push")}
    assert pushed == {relocated(ref).replace("@REGISTRY@", REGISTRY) for ref in made.config}


@pytest.mark.parametrize("address", [(), ("http://registry.test",), ("registry.test/UPPER",)])
def test_an_address_that_is_none_is_said_before_the_bundle_is_read(
    made: Made, engine: StubEngine, address: tuple[str, ...]
) -> None:
    (made.root / "index.html").write_text("other")
    done = try_push(made, engine, *address)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not a registry's address: host[:port][/path]" in done.stderr


@pytest.mark.parametrize(
    ("refusal", "is_login"),
    [
        ("dial tcp 192.0.2.7:5000: connect: connection refused", False),
        ("unauthorized: authentication required", True),
        ("denied: requested access to the resource is denied", True),
    ],
)
def test_a_login_is_advised_only_where_the_registry_asks_for_one(
    made: Made, engine: StubEngine, refusal: str, is_login: bool
) -> None:
    engine.change(refusal=refusal)
    done = try_push(made, engine, REGISTRY)
    assert (done.returncode, refusal in done.stderr) == (1, True)
    assert ("Log in first (docker login registry.test:5000)" in done.stderr) == is_login
    assert "then run the same command again." in done.stderr


def test_a_push_ends_with_how_many_images_were_pushed(made: Made, engine: StubEngine) -> None:
    assert f"3 images pushed to {REGISTRY}\n" in push(made, engine, REGISTRY).stdout
