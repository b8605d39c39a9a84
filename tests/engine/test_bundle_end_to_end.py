"""A sample is packed, installed without a network, answers its health check, and is taken away again."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import catalog
from catalog.bundle.keys import new_key
from catalog.cli.app import run
from catalog.engine.find import find_engine
from scripts.engine import daemon, podman, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SAMPLE = Path(catalog.__file__).parent.parent / "extensions" / "tools" / "tool-log-search"
IMAGE = "docker.io/kamiwazaai/tool-log-search-server:v1.0.0"


@pytest.fixture(scope="module")
def packed(base_image_engine: daemon.Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with the signed bundle of one sample and the keys."""
    services = samples._load(SAMPLE / "docker-compose.appgarden.yml")["services"]
    samples._build(base_image_engine, SAMPLE, services)
    out = tmp_path_factory.mktemp("carried")
    new_key(out / "release.key", None)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in base_image_engine.environment().items():
            patch.setenv(name, value)
        patch.setenv("XDG_CACHE_HOME", str(out / "cache"))
        workspace = ["--workspace", str(SAMPLE.parents[1])]
        options = ["--only", SAMPLE.name, "--out", str(out), "--sign", str(out / "release.key"), "--quiet"]
        assert run([*workspace, "package", "--engine", "docker", *options]) == 0
    yield out
    base_image_engine.docker("rmi", "--force", IMAGE.removeprefix("docker.io/"))


@pytest.fixture(params=["docker", "podman"])
def environment(request: pytest.FixtureRequest, engine: daemon.Engine) -> dict[str, str]:
    if request.param == "docker":
        return engine.environment() | {"WITH_ENGINE": "docker"}
    found = podman.environment(daemon.DEFAULT_STATE, engine.registry)
    return found | {"WITH_ENGINE": "podman"}


def installer(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installer where there is no network at all."""
    script = folder / "kamiwaza-extension-registry" / "package-setup.sh"
    command = ["unshare", "--net", "bash", str(script), *arguments, "--engine", environment["WITH_ENGINE"]]
    return subprocess.run(
        [*command, "--key", folder.parent / "release.key.pub"],
        env=environment | {"XDG_STATE_HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def names(environment: dict[str, str]) -> set[str]:
    done = subprocess.run(
        [environment["WITH_ENGINE"], "images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines())


def test_what_was_packed_is_installed_without_a_network_and_taken_away_again(
    packed: Path, environment: dict[str, str], engine: daemon.Engine
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in engine.environment().items():
            patch.setenv(name, value)
        original = find_engine("docker").inspect([IMAGE])[IMAGE].image_id
    if environment["WITH_ENGINE"] == "docker":
        engine.docker("rmi", IMAGE.removeprefix("docker.io/"))
    before = names(environment)
    folder = packed / f"on {environment['WITH_ENGINE']}"
    folder.mkdir()
    (bundle,) = packed.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", bundle, "-C", folder], check=True)

    done = installer(folder, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    again = installer(folder, environment, "load")
    assert "nothing to load: 1 image there already" in again.stdout
    inspected = subprocess.run(
        [environment["WITH_ENGINE"], "image", "inspect", IMAGE],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert f"sha256:{json.loads(inspected.stdout)[0]['Id'].removeprefix('sha256:')}" == original
    if environment["WITH_ENGINE"] == "docker":
        require_health(engine, folder)
    assert installer(folder, environment, "uninstall").returncode == 0
    assert names(environment) == before
    if environment["WITH_ENGINE"] == "docker":  # the next case packs nothing again, but compares the image
        assert installer(folder, environment, "load").returncode == 0
    shutil.rmtree(folder)


def require_health(engine: daemon.Engine, folder: Path) -> None:
    """The deployed form of the sample, out of the installed catalog, comes up and answers."""
    registry = folder / "kamiwaza-extension-registry/garden/default/tools.json"
    (entry,) = json.loads(registry.read_text())
    compose = folder / "docker-compose.yml"
    compose.write_text(entry["compose_yml"])
    services: dict[str, Any] = samples._load(compose)["services"]
    sample = samples.Sample(engine, f"installed-{secrets.token_hex(3)}", compose, services)
    try:
        sample.compose("up", "--detach", "--no-build", seconds=180)
        assert b"ok" in sample.wait_until_healthy()
    finally:
        sample.compose("down", "--volumes", "--timeout", "3", seconds=180)
