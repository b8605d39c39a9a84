"""Images go through a real registry: built, pushed, verified, and pulled back by their digests."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog.engine.find import find_engine
from catalog.operations.image_tools import ImageTools
from catalog.operations.images_build import ImagesBuildRequest, images_build
from catalog.operations.images_publish import ImagesPublishRequest, images_publish
from catalog.operations.images_push import ImagesPushRequest, images_push
from catalog.operations.images_verify import ImagesVerifyRequest, images_verify
from catalog.operations.registry_access import open_registries
from catalog.registry.stage import Stage
from catalog.workspace.image_facts import read_image_facts
from catalog.workspace.workspace import open_workspace
from scripts.engine import daemon, podman

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.engine.engine import Engine
    from catalog.operations.image_publication import ImagePublication
    from catalog.workspace.workspace import Workspace

pytestmark = pytest.mark.engine


@pytest.fixture
def spoken(engine: daemon.Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("DOCKER_HOST", engine.docker_host)
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")
    found = find_engine("docker")
    before = set(_names(engine))
    yield found
    for name in set(_names(engine)) - before:
        found.remove(name)


def _names(engine: daemon.Engine) -> list[str]:
    """What the engine has of these tests, an image without a tag by its digest."""
    form = "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"
    lines = engine.docker("images", "--digests", "--format", form).splitlines()
    both = [line.split() for line in lines if "p2notes" in line]
    return [digest if tag.endswith("<none>") else tag for tag, digest in both]


@pytest.fixture
def namespace(engine: daemon.Engine) -> str:
    return f"{engine.registry}/p2-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    app = tmp_path / "apps/p2notes"
    app.mkdir(parents=True)
    manifest = {"name": "p2notes", "version": "1.0.0", "source_type": "kamiwaza", "risk_tier": 1}
    (app / "kamiwaza.json").write_text(json.dumps(manifest | {"description": "Notes."}))
    (app / "docker-compose.yml").write_text(json.dumps({"services": {"web": {"build": "."}}}))
    limits = {"deploy": {"resources": {"limits": {"cpus": "1.0", "memory": "1G"}}}}
    deployed = {"services": {"web": {"image": "kamiwazaai/p2notes-web:v1.0.0", **limits}}}
    (app / "docker-compose.appgarden.yml").write_text(json.dumps(deployed))
    write(app, "one")
    return open_workspace(tmp_path, tmp_path)


def write(app: Path, content: str) -> None:
    (app / "Dockerfile").write_text("FROM scratch\nCOPY page.txt /page.txt\n")
    (app / "page.txt").write_text(f"{content} {uuid.uuid4()}")


def build(workspace: Workspace, engine: Engine) -> None:
    built = images_build(workspace, ImagesBuildRequest(), engine=engine)
    assert built.exit_code == 0, built


def publish(workspace: Workspace, engine: Engine, namespace: str, **options: Any) -> ImagePublication:
    request = ImagesPublishRequest(registry=namespace, single_arch=True, **options)
    with open_registries() as registries:
        return images_publish(workspace, request, ImageTools(registries, engine))


def test_an_image_is_built_pushed_verified_and_pulled_back_by_its_digest(
    workspace: Workspace, spoken: Engine, namespace: str
) -> None:
    build(workspace, spoken)
    local = spoken.inspect(["kamiwazaai/p2notes-web:v1.0.0"])["kamiwazaai/p2notes-web:v1.0.0"]
    published = publish(workspace, spoken, namespace, stage=Stage.PROD)
    assert [image.deed.value for image in published.images] == ["push"], published
    ref = f"{namespace}/p2notes-web:1.0.0"
    digest = published.images[0].digest

    with open_registries() as registries:
        request = ImagesVerifyRequest(remote=True, registry=namespace, stage=Stage.PROD)
        verified = images_verify(workspace, request, ImageTools(registries))
    assert [(image.ref, image.digest, image.code) for image in verified.images] == [(ref, digest, 0)]
    assert read_image_facts(workspace.root)[ref].digest == digest

    for name in (ref, "kamiwazaai/p2notes-web:v1.0.0"):
        spoken.remove(name)
    by_digest = f"{namespace}/p2notes-web@{digest}"
    spoken.pull(by_digest)
    assert spoken.inspect([by_digest])[by_digest].image_id == local.image_id
    spoken.remove(by_digest)


def test_a_second_run_pushes_nothing_and_another_content_is_a_conflict(
    workspace: Workspace, spoken: Engine, namespace: str
) -> None:
    build(workspace, spoken)
    first = publish(workspace, spoken, namespace, stage=Stage.PROD)
    assert publish(workspace, spoken, namespace, stage=Stage.PROD).images[0].deed.value == "unchanged"
    write(workspace.root / "apps/p2notes", "two")
    build(workspace, spoken)
    conflict = publish(workspace, spoken, namespace, stage=Stage.PROD)
    assert (conflict.exit_code, conflict.images[0].before) == (5, first.images[0].digest)
    with open_registries() as registries:
        there = registries.manifest_of(f"{namespace}/p2notes-web:1.0.0")
    assert there is not None
    assert there.digest == first.images[0].digest


def test_a_tag_of_development_moves_with_the_build(
    workspace: Workspace, spoken: Engine, namespace: str
) -> None:
    build(workspace, spoken)
    first = publish(workspace, spoken, namespace)
    write(workspace.root / "apps/p2notes", "two")
    build(workspace, spoken)
    second = publish(workspace, spoken, namespace)
    assert second.images[0].deed.value == "replace"
    assert second.images[0].digest != first.images[0].digest


def test_a_dry_run_leaves_the_registry_alone(workspace: Workspace, spoken: Engine, namespace: str) -> None:
    build(workspace, spoken)
    assert publish(workspace, spoken, namespace, dry_run=True).images[0].deed.value == "push"
    with open_registries() as registries:
        assert registries.manifest_of(f"{namespace}/p2notes-web:1.0.0-dev") is None


def test_podman_pushes_what_the_registry_then_has(
    workspace: Workspace, spoken: Engine, engine: daemon.Engine, namespace: str
) -> None:
    state = Path(os.environ.get("CATALOG_ENGINE_STATE", daemon.DEFAULT_STATE)).resolve()
    try:
        environment = podman.environment(state, engine.registry)
    except daemon.EngineUnavailableError as error:
        pytest.skip(f"NO PODMAN, so this was not tested: {error}")
    other = find_engine("podman", environment)
    build(workspace, spoken)
    name = "kamiwazaai/p2notes-web:v1.0.0"
    with spoken.save([name]) as stream:
        other.load(iter(lambda: stream.read(1 << 20), b""))
    request = ImagesPushRequest(names=("p2notes",), registry=namespace)
    ref = f"{namespace}/p2notes-web:v1.0.0"
    try:
        with open_registries() as registries:
            first = images_push(workspace, request, ImageTools(registries, other))
            again = images_push(workspace, request, ImageTools(registries, other))
    finally:
        for one in other.inspect([ref, name]):
            other.remove(one)
    found = [(image.ref, image.deed.value) for image in (*first.images, *again.images)]
    assert found == [(ref, "push"), (ref, "unchanged")]
