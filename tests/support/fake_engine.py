"""A container engine whose images are values in memory: `FakeEngine({"nginx:alpine": FakeImage(...)})`.

It does what `catalog.engine.engine.Engine` says, and the same contract test holds for it and for real ones.
"""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from catalog.engine.engine import EngineInfo, LocalImage
from catalog.errors import CatalogError, IntegrityError, MissingError
from catalog.registry.image_names import qualified
from tests.support import save_shapes
from tests.support.fake_image import FakeImage, digest, layer
from tests.support.fake_workshop import FakeWorkshop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["FakeEngine", "FakeImage", "layer"]


class FakeStream:
    """An archive's bytes, and at their end the program's verdict."""

    def __init__(self, content: bytes, failure: CatalogError | None) -> None:
        self._content = io.BytesIO(content)
        self._failure = failure

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; raises the failure when no more are left."""
        found = self._content.read(size)
        if not found and size and self._failure is not None:
            raise self._failure
        return found


class FakeEngine(FakeWorkshop):
    """Images by reference, in short or in full; it builds and runs what `FakeWorkshop` understands.

    Args:
        images: what the engine has.
        shape: which generation's archives `save` writes; one of `save_shapes.SHAPES`.
        platform: what the engine runs on.
        truncate_at: `save` ends after so many bytes, and says that all is well.
        corrupt: `save` flips a bit in the first member whose name contains this.
        registry: what `pull` finds and where `push` puts images.
        failure: what every method raises, for an engine that is not there.

    `calls` lists every call as `("save", ref, …)`.
    """

    def __init__(  # noqa: PLR0913  one switch for each way in which an engine can misbehave
        self,
        images: Mapping[str, FakeImage],
        shape: str = "20.10",
        platform: str = "linux/amd64",
        *,
        truncate_at: int | None = None,
        corrupt: str | None = None,
        registry: Mapping[str, FakeImage] | None = None,
        failure: CatalogError | None = None,
    ) -> None:
        super().__init__()
        self.images = {qualified(ref): image for ref, image in images.items()}
        self.registry = {qualified(ref): image for ref, image in (registry or {}).items()}
        self.shape = shape
        self.platform = platform
        self.truncate_at = truncate_at
        self.corrupt = corrupt
        self.failure = failure
        self.calls: list[tuple[str, ...]] = []

    def info(self) -> EngineInfo:
        """Docker, in the version of the shape."""
        self._called("info")
        return EngineInfo("docker", self.shape, self.platform)

    def inspect(self, refs: Sequence[str]) -> dict[str, LocalImage]:
        """The images that are there."""
        self._called("inspect", *refs)
        return {ref: self._local(ref) for ref in refs if qualified(ref) in self.images}

    def pull(self, ref: str, platform: str | None = None) -> None:
        """Take an image out of `registry`."""
        self._called("pull", ref, *([platform] if platform else []))
        image = self.registry.get(qualified(ref))
        if image is None or (platform and image.platform != platform):
            raise MissingError(f"The registry has no image '{ref}'", "look at the name")
        self.images[qualified(ref)] = image

    @contextmanager
    def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[FakeStream]:
        """An archive in the shape asked for; a name that is not there ends it with MissingError."""
        self._called("save", *refs)
        missing = [ref for ref in refs if not self._has(ref, platform)]
        if missing:
            failure = MissingError(f"The engine has no image '{missing[0]}'", "pull it")
            yield FakeStream(b"", failure)
            return
        wanted = {qualified(ref): self.images[qualified(ref)] for ref in refs}
        content = save_shapes.archive(wanted, self.shape, self.corrupt)
        yield FakeStream(content[: self.truncate_at], None)

    def load(self, chunks: Iterator[bytes]) -> tuple[str, ...]:
        """Take the images of an archive in Docker's form, with plain or gzip layers."""
        self._called("load")
        try:
            loaded = dict(_images_of(b"".join(chunks)))
        except (tarfile.TarError, ValueError, KeyError, EOFError, zlib.error) as error:
            raise IntegrityError(f"The engine refuses the archive: {error}", "pack it again") from error
        self.images |= loaded
        return tuple(loaded)

    def tag(self, source: str, target: str) -> None:
        """Give an image another name."""
        self._called("tag", source, target)
        self.images[qualified(target)] = self._get(source)

    def push(self, ref: str) -> None:
        """Put an image into `registry`."""
        self._called("push", ref)
        self.registry[qualified(ref)] = self._get(ref)

    def remove(self, ref: str) -> None:
        """Take a name away."""
        self._called("remove", ref)
        self._get(ref)
        del self.images[qualified(ref)]

    def _called(self, *call: str) -> None:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure

    def _has(self, ref: str, platform: str | None) -> bool:
        image = self.images.get(qualified(ref))
        return image is not None and platform in (None, image.platform)

    def _get(self, ref: str) -> FakeImage:
        try:
            return self.images[qualified(ref)]
        except KeyError:
            raise MissingError(f"The engine has no image '{ref}'", "pull it") from None

    def _local(self, ref: str) -> LocalImage:
        image = self._get(ref)
        name = save_shapes.image_id(image, self.shape)
        size = sum(map(len, image.layers))
        created = json.loads(image.config_bytes).get("created", "")
        labels = dict(image.labels)
        return LocalImage(ref, name, image.platform, image.diff_ids, size, created=created, labels=labels)


def _images_of(content: bytes) -> Iterator[tuple[str, FakeImage]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {member.name: _read(tar, member) for member in tar if not member.isdir()}
    for entry in json.loads(files["manifest.json"]):
        config = files[entry["Config"]]
        layers = tuple(_unpacked(files[path]) for path in entry["Layers"])
        facts = json.loads(config)
        if [digest(found) for found in layers] != facts["rootfs"]["diff_ids"]:
            raise ValueError("a layer is not what the config says")
        image = FakeImage(
            layers,
            (facts.get("config") or {}).get("Labels") or {},
            facts["architecture"],
            facts.get("variant", ""),
            config,
        )
        for ref in entry["RepoTags"] or ():
            yield qualified(ref), image


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    found = tar.extractfile(member)
    if found is None:
        raise ValueError(f"{member.name} is neither a file nor a link to one")
    with found:
        return found.read()


def _unpacked(content: bytes) -> bytes:
    unpacked = b""
    while content.startswith(b"\x1f\x8b"):  # a gzip layer may have several members
        member = zlib.decompressobj(wbits=31)
        unpacked += member.decompress(content)
        content = member.unused_data
    return unpacked or content
