"""What `catalog images` prints of registries: every image with its digest, and never a secret."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from catalog.cli.app import run
from tests.support.registry_stand_in import RegistryStandIn, Reply, errors, running
from tests.support.stub_program import docker_program
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "pa55-wörd-secret"


@pytest.fixture
def registry() -> Iterator[RegistryStandIn]:
    with running() as stand_in:
        stand_in.login, stand_in.way = f"ada:{PASSWORD}", "bearer"
        yield stand_in


@pytest.fixture
def workspace(
    tmp_path: Path,
    registry: RegistryStandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Path:
    root = tmp_path / "ws"
    compose = "services:\n  web:\n    build: .\n    ports: ['8000']\n"
    tree(
        root,
        {**app("notes"), "apps/notes/docker-compose.yml": compose, "apps/notes/Dockerfile": "FROM scratch\n"},
    )
    (root / "catalog.toml").write_text(f'[publish.prod]\nimages = "{registry.host}/acme"\n')
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "CATALOG_PLAIN_REGISTRIES"):
        monkeypatch.delenv(name, raising=False)
    log_in(tmp_path, registry, PASSWORD)
    run(["sync-compose"])
    capsys.readouterr()
    return root


def log_in(home: Path, registry: RegistryStandIn, password: str) -> None:
    pair = base64.b64encode(f"ada:{password}".encode()).decode()
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"auths": {registry.host: {"auth": pair}}}))


def said(
    capsys: pytest.CaptureFixture[str], registry: RegistryStandIn, *arguments: str, code: int = 0
) -> str:
    """Standard output, then standard error, of a command; no login is ever in either."""
    found = run(["images", *arguments])
    out, err = capsys.readouterr()
    pair = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
    for secret in (PASSWORD, registry.token, pair, "secret", "Traceback"):
        assert secret not in out + err
    assert found == code, out + err
    return out + err


def test_verify_asks_the_registry_of_the_stage_with_the_login_of_docker(
    workspace: Path, registry: RegistryStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, registry, "verify", "--remote", "--stage", "prod", code=3)
    ref = next(word for word in text.split() if word.startswith(f"{registry.host}/acme/notes"))
    assert "its registry has no such image" in text
    repository, _, tag = ref.removeprefix(f"{registry.host}/").rpartition(":")
    known = registry.put_image(repository, tag)
    text = said(capsys, registry, "verify", "--remote", "--stage", "prod")
    assert known in text
    assert "1 of 1 image is in their registries." in text
    facts = json.loads((workspace / ".catalog/images.json").read_text())["images"]
    assert facts[ref]["digest"] == known


@pytest.mark.parametrize("status", [403, 429, 507])
def test_no_refusal_shows_a_secret(
    workspace: Path, registry: RegistryStandIn, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    assert workspace.is_dir()
    body = errors("DENIED", f"ada may not, says {PASSWORD}")
    registry.answers["/token"] = [Reply(status, {"Retry-After": "3600"}, body)]
    text = said(capsys, registry, "verify", "--remote", "--stage", "prod", code=3)
    assert "DENIED" in text


def test_a_login_that_is_not_taken_is_told_with_the_way_on(
    workspace: Path, registry: RegistryStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    log_in(workspace.parent, registry, f"{PASSWORD}-old")
    text = said(capsys, registry, "verify", "--remote", "--stage", "prod", code=3)
    assert f"{registry.host} does not take this login" in text


def test_an_engine_without_the_images_publishes_nothing(
    workspace: Path, registry: RegistryStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    script = 'echo "[]"; echo "Error: No such image: x" >&2; exit 1'
    program = str(docker_program(workspace.parent / "docker", script))
    for command in (("publish", "--single-arch"), ("push", "notes")):
        text = said(capsys, registry, *command, "--stage", "prod", "--engine", program, code=3)
        assert "Build it: catalog images build notes" in text
        assert "Nothing was pushed." in text


@pytest.mark.parametrize(
    "arguments",
    [
        ("publish", "--platforms", "amd64"),
        ("publish", "--single-arch", "--platforms", "linux/amd64"),
        ("push",),
        ("push", "notes", "--registry", "https://x"),
        ("verify", "nobody"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_use(
    workspace: Path,
    registry: RegistryStandIn,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    assert workspace.is_dir()
    said(capsys, registry, *arguments, code=2)
