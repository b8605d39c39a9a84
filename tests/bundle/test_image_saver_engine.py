"""What real engines save gets into the cache whole, and comes out of it as the same image."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.image_saver import store_images
from catalog.engine.find import find_engine
from catalog.errors import MissingError
from scripts.engine import daemon, podman
from tests.engine.conftest import base_image_engine, engine  # noqa: F401  fixtures
from tests.support.fake_engine import FakeEngine, FakeImage, layer
from tests.support.save_shapes import archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.bundle.packed import StoredImage
    from catalog.engine.engine import Engine, LocalImage

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("engine")]
REFS = ("python:3.11-slim", "nginx:alpine", "postgres:15-alpine")
OWN = {
    "catalog.test/saver/web:1": FakeImage((layer({"a": bytes(3 << 20)}), layer({"b": b"web"}))),
    "catalog.test/saver/api:1": FakeImage((layer({"a": bytes(3 << 20)}), layer({"c": b"api"}))),
}


def store(real: Engine, images: Sequence[LocalImage], folder: Path) -> dict[str, StoredImage]:
    return store_images(real, images, BlobCache(folder), lambda *_: None, "linux/amd64")


def assert_right(stored: StoredImage, image: LocalImage) -> None:
    content = stored.config.path.read_bytes()
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == stored.config.digest == image.image_id
    diff_ids = json.loads(content)["rootfs"]["diff_ids"]
    assert [found.diff_id for found in stored.layers] == diff_ids == list(image.diff_ids)
    for found in stored.layers:
        with gzip.open(found.blob.path) as file:
            assert f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" == found.diff_id


def test_docker_images_are_stored_whole_and_once(base_image_engine: daemon.Engine, tmp_path: Path) -> None:  # noqa: F811
    docker = find_engine("docker", base_image_engine.environment())
    images = docker.inspect(REFS)
    assert set(images) == set(REFS)

    stored = store(docker, list(images.values()), tmp_path)

    for ref, image in images.items():
        assert_right(stored[ref], image)
    nobody = FakeEngine({}, failure=MissingError("Nobody is to be asked.", ""))
    assert store(nobody, list(images.values()), tmp_path) == stored
    assert BlobCache(tmp_path).verify() == ()


def pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + 65_536] for start in range(0, len(content), 65_536))


def test_podman_images_are_stored_as_those_of_docker(engine: daemon.Engine, tmp_path: Path) -> None:  # noqa: F811
    state = Path(os.environ.get("CATALOG_ENGINE_STATE", daemon.DEFAULT_STATE)).resolve()
    try:
        environment = podman.environment(state, engine.registry)
    except daemon.EngineUnavailableError as error:
        pytest.skip(f"NO PODMAN, so this was not tested: {error}")
    both = {
        name: find_engine(name, given)
        for name, given in (("podman", environment), ("docker", engine.environment()))
    }
    stored = {}
    for name, real in both.items():
        real.load(pieces(archive(OWN)))
        images = real.inspect(list(OWN))
        stored[name] = store(real, list(images.values()), tmp_path / name)
        for ref, image in images.items():
            assert_right(stored[name][ref], image)
            real.remove(ref)

    for ref in OWN:
        one, other = stored["podman"][ref], stored["docker"][ref]
        assert [found.blob.digest for found in one.layers] == [found.blob.digest for found in other.layers]
        assert one.config.digest == other.config.digest
