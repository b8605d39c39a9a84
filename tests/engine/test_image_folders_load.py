"""The folder of one image, streamed by tar as the installer does, loads on every engine as the same image."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.assemble import ImagePart, NamedImage, image_part
from catalog.bundle.packed import Blob, Layer, StoredImage
from catalog.engine.find import find_engine
from catalog.errors import MissingError
from scripts.engine import daemon, podman
from tests.support.fake_engine import FakeImage, layer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.engine.engine import Engine

BASE = layer({"etc/os-release": b"Debian" * 5000})
IMAGES = {
    "docker.io/acme/web:1": FakeImage((BASE, layer({"web": b"web" * 400_000}))),
    "localhost:5000/acme/worker:1": FakeImage((BASE, layer({"worker": b"worker"}), layer({"x": b""}))),
}


class Store:
    """Blobs as files, as the cache has them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def keep(self, content: bytes) -> Blob:
        name = hashlib.sha256(content).hexdigest()
        (self.folder / name).write_bytes(content)
        return Blob(f"sha256:{name}", len(content), self.folder / name)

    def image(self, image: FakeImage) -> StoredImage:
        layers = [
            Layer(diff_id, len(content), self.keep(_members(content)))
            for diff_id, content in zip(image.diff_ids, image.layers, strict=True)
        ]
        return StoredImage(image.platform, self.keep(image.config_bytes), tuple(layers))


def _members(content: bytes) -> bytes:
    """Gzip in several members, as layers are packed."""
    pieces = [content[start : start + 100_000] for start in range(0, len(content), 100_000)]
    return b"".join(gzip.compress(piece, 1, mtime=0) for piece in pieces)


@pytest.fixture
def part(tmp_path: Path) -> ImagePart:
    store = Store(tmp_path / "store")
    named = [NamedImage(ref, ref, store.image(image), ("acme",)) for ref, image in IMAGES.items()]
    made = image_part(named, "garden/default", store.keep)
    for file in made.files:
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content if isinstance(file.content, bytes) else file.content.read_bytes())
    return made


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.engine) for name in ("docker", "podman")])
def real(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    running: daemon.Engine = request.getfixturevalue("engine")
    environment = running.environment()
    if request.param == "podman":
        environment |= podman.environment(daemon.DEFAULT_STATE, running.registry)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = find_engine(request.param)
    yield found
    for ref in IMAGES:
        with suppress(MissingError):
            found.remove(ref)


def stream(folder: Path, number: int) -> Iterator[bytes]:
    """What the installer's tar gives for one image."""
    arguments = ["tar", "-C", str(folder), "-cf", "-", "--transform", "s#^images/[0-9]*/##"]
    done = subprocess.run(
        [*arguments, "-T", str(folder / f"images/{number}/members")], capture_output=True, check=True
    )
    yield done.stdout


def test_each_image_loads_alone_and_is_the_same_image(real: Engine, part: ImagePart, tmp_path: Path) -> None:
    for row in part.rows:
        real.load(stream(tmp_path / "garden/default/docker-images", row.index))
    found = real.inspect([row.ref for row in part.rows])
    assert {ref: image.image_id for ref, image in found.items()} == {
        ref: image.config_digest for ref, image in IMAGES.items()
    }
    assert {ref: image.diff_ids for ref, image in found.items()} == {
        ref: image.diff_ids for ref, image in IMAGES.items()
    }


def test_rows_say_what_an_image_needs_and_who_needs_it(part: ImagePart) -> None:
    assert [(row.index, row.ref, row.extensions) for row in part.rows] == [
        (0, "docker.io/acme/web:1", ("acme",)),
        (1, "localhost:5000/acme/worker:1", ("acme",)),
    ]
    assert part.layer_bytes < part.naive_bytes
    assert sum(row.bytes for row in part.rows) > sum(blob.size for blob in part.blobs)
