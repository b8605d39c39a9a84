"""What package-setup.sh loads into a real engine, it takes back to the last name and layer."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scripts.engine import daemon, podman
from tests.bundle_scripts.unpacked import Made, unpacked_bundle
from tests.support.fake_image import FakeImage, layer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.slow]

REF = "docker.io/catalog-test/taken-back:1"
OTHER = "docker.io/catalog-test/taken-back-other:1"


def image(word: str) -> tuple[str, FakeImage]:
    return "notes", FakeImage((layer({"base": b"base" * 300}), layer({"word": word.encode()})))


@pytest.fixture(params=["docker", "podman"])
def environment(request: pytest.FixtureRequest, engine: daemon.Engine) -> dict[str, str]:
    found = engine.environment()
    if request.param == "podman":
        found = podman.environment(daemon.DEFAULT_STATE, engine.registry)
    return found | {"WITH_ENGINE": request.param}


def setup(made: Made, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    script = ["bash", str(made.root / "package-setup.sh"), *arguments, "--engine", environment["WITH_ENGINE"]]
    return subprocess.run(
        ["unshare", "--net", *script] if arguments[0] != "push" else script,
        env=environment | {"XDG_STATE_HOME": str(made.root.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def images(environment: dict[str, str]) -> set[str]:
    command = [environment["WITH_ENGINE"], "images", "--all", "--no-trunc"]
    listed = subprocess.run(
        [*command, "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.splitlines())


def test_a_name_gets_its_former_image_back_and_ours_goes(environment: dict[str, str], tmp_path: Path) -> None:
    theirs = unpacked_bundle(tmp_path / "theirs" / "registry", images={REF: image("theirs")})
    assert setup(theirs, environment, "load").returncode == 0
    before = images(environment)
    ours = unpacked_bundle(tmp_path / "ours" / "registry", images={REF: image("ours"), OTHER: image("other")})
    try:
        done = setup(ours, environment, "load")
        assert done.returncode == 0, done.stderr
        assert len(images(environment)) == len(before) + 2
        assert setup(ours, environment, "uninstall").returncode == 0
        assert images(environment) == before
    finally:
        assert setup(theirs, environment, "uninstall").returncode == 0
    assert REF.removeprefix("docker.io/") not in str(images(environment))


def test_a_newer_bundle_leaves_no_nameless_image_of_the_older_one(
    environment: dict[str, str], tmp_path: Path
) -> None:
    before = images(environment)
    older = unpacked_bundle(tmp_path / "older" / "registry", images={REF: image("older")})
    newer = unpacked_bundle(tmp_path / "newer" / "registry", images={REF: image("newer")})
    assert setup(older, environment, "load").returncode == 0
    shutil.rmtree(older.root)
    newer.root.rename(older.root)
    newer = replace(newer, root=older.root)
    assert setup(newer, environment, "load").returncode == 0
    assert len(images(environment)) == len(before) + 1
    assert setup(newer, environment, "uninstall").returncode == 0
    assert images(environment) == before


def test_pushing_leaves_no_name_behind_and_the_registry_has_the_image(
    environment: dict[str, str], engine: daemon.Engine, tmp_path: Path
) -> None:
    made = unpacked_bundle(tmp_path / "pushed" / "registry", images={REF: image("pushed")})
    before = images(environment)
    done = setup(made, environment, "push", f"{engine.registry}/team")
    assert done.returncode == 0, done.stderr
    assert f"{engine.registry}/team" not in str(images(environment))
    catalog = json.loads((made.root / "state/relocated/garden/default/apps.json").read_text())
    assert catalog[0]["images"] == [f"{engine.registry}/team/{REF}"]
    assert setup(made, environment, "uninstall").returncode == 0
    assert images(environment) == before
    pulled = subprocess.run(
        ["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{engine.registry}/team/{REF}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(pulled.stdout)["config"]["digest"] == made.config[REF]
