"""Images get from an engine into the cache whole, checked and once, whatever the engine's generation."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import shutil
import tarfile
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.image_saver import store_images
from catalog.errors import CatalogError, IntegrityError, MissingError
from tests.support.fake_engine import FakeEngine, FakeImage, layer
from tests.support.fake_image import canonical, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from catalog.bundle.packed import StoredImage
    from catalog.engine.engine import ByteStream

pytestmark = pytest.mark.slow

WHOLE = ("20.10", "25", "25.0.0", "containerd", "containerd-zstd")
MIB = 1024 * 1024
Members = dict[str, bytes]


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311  the same every time


BASE = layer({"bin/sh": noise(MIB + 5, 1)})
PYTHON = layer({"usr/python": noise(MIB // 8, 2) + bytes(2 * MIB)})
SMALL = layer({"app/main.py": b"print(1)\n"})
OTHER = layer({"app/other.py": b"print(2)\n"})
IMAGES = {
    "nginx:alpine": FakeImage((BASE, SMALL)),
    "docker.io/team/api:1": FakeImage((BASE, PYTHON, OTHER)),
    "registry.example:5000/x/y:2": FakeImage((BASE, PYTHON), {"a": "b"}),
}


def silent(_label: str, _done: int, _total: int | None) -> None:
    return None


def store(
    engine: FakeEngine, folder: Path, platform: str | None = None, refs: Sequence[str] = ()
) -> dict[str, StoredImage]:
    images = engine.inspect(refs or list(engine.images))
    return store_images(engine, list(images.values()), BlobCache(folder), silent, platform)


def saved(engine: FakeEngine) -> list[tuple[str, ...]]:
    return [call[1:] for call in engine.calls if call[0] == "save"]


def blobs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("blobs/sha256/*")}


def assert_holds(stored: StoredImage, image: FakeImage) -> None:
    assert stored.platform == image.platform
    assert stored.config.path.read_bytes() == image.config_bytes
    assert stored.config.digest == image.config_digest
    for found, content in zip(stored.layers, image.layers, strict=True):
        gzipped = found.blob.path.read_bytes()
        assert gzip.decompress(gzipped) == content
        assert (found.diff_id, found.raw_size) == (digest(content), len(content))
        assert (found.blob.digest, found.blob.size) == (digest(gzipped), len(gzipped))


@pytest.mark.parametrize("shape", WHOLE)
def test_images_of_every_generation_are_stored_whole(tmp_path: Path, shape: str) -> None:
    engine = FakeEngine(IMAGES, shape)

    stored = store(engine, tmp_path, refs=list(IMAGES))

    assert list(stored) == list(IMAGES)
    for ref, image in IMAGES.items():
        assert_holds(stored[ref], image)


def test_the_blobs_are_the_same_whatever_the_generation(tmp_path: Path) -> None:
    for shape in WHOLE:
        store(FakeEngine(IMAGES, shape), tmp_path / shape)

    first, *others = (blobs(tmp_path / shape) for shape in WHOLE)
    assert all(other == first for other in others)
    assert len(first) == 4 + 3  # layers and configs, each once


@pytest.mark.parametrize("shape", WHOLE)
def test_an_image_that_is_cached_is_not_saved_again(tmp_path: Path, shape: str) -> None:
    first = store(FakeEngine(IMAGES, shape), tmp_path)
    engine = FakeEngine(IMAGES, shape)

    assert store(engine, tmp_path) == first
    assert saved(engine) == []


@pytest.mark.parametrize("shape", WHOLE)
def test_only_the_image_that_changed_is_saved(tmp_path: Path, shape: str) -> None:
    store(FakeEngine(IMAGES, shape), tmp_path)
    before = blobs(tmp_path)
    changed = IMAGES | {"nginx:alpine": FakeImage((BASE, layer({"app/main.py": b"print(3)\n"})))}
    engine = FakeEngine(changed, shape)

    stored = store(engine, tmp_path)

    assert saved(engine) == [("docker.io/library/nginx:alpine",)]
    assert_holds(stored["docker.io/library/nginx:alpine"], changed["nginx:alpine"])
    assert len(blobs(tmp_path)) == len(before) + 2


@pytest.mark.parametrize("shape", WHOLE)
def test_two_names_of_an_image_are_saved_once(tmp_path: Path, shape: str) -> None:
    engine = FakeEngine({"a:1": IMAGES["nginx:alpine"], "b:2": IMAGES["nginx:alpine"]}, shape)

    stored = store(engine, tmp_path, refs=["a:1", "b:2"])

    assert len(saved(engine)) == 1
    assert stored["a:1"] == stored["b:2"]


def test_no_images_are_stored_without_a_question(tmp_path: Path) -> None:
    engine = FakeEngine({})

    assert store(engine, tmp_path) == {}
    assert engine.calls == [("inspect",)]


def test_an_image_without_layers_is_stored(tmp_path: Path) -> None:
    stored = store(FakeEngine({"empty:1": FakeImage(())}), tmp_path, refs=["empty:1"])

    assert_holds(stored["empty:1"], FakeImage(()))


def test_a_layer_that_stands_twice_in_an_image_is_stored_once(tmp_path: Path) -> None:
    image = FakeImage((BASE, SMALL, BASE, SMALL))
    for shape in WHOLE:
        assert_holds(store(FakeEngine({"a:1": image}, shape), tmp_path / shape, refs=["a:1"])["a:1"], image)


def test_a_damaged_cache_entry_is_made_again(tmp_path: Path) -> None:
    stored = store(FakeEngine(IMAGES), tmp_path, refs=["nginx:alpine"])["nginx:alpine"]
    good = stored.layers[0].blob.path.read_bytes()
    stored.layers[0].blob.path.write_bytes(good[:-1] + b"x")

    assert BlobCache(tmp_path).verify() == (stored.layers[0].blob.digest,)
    engine = FakeEngine(IMAGES)
    assert store(engine, tmp_path, refs=["nginx:alpine"])["nginx:alpine"] == stored
    assert len(saved(engine)) == 1
    assert stored.layers[0].blob.path.read_bytes() == good


def test_a_layer_of_the_size_of_a_known_one_is_not_taken_for_it(tmp_path: Path) -> None:
    saves = {"20.10": set[int](), "25": set[int]()}
    for seed in range(90, 94):  # 20.10 orders layers by digests, so either one may come first
        image = FakeImage((BASE, layer({"bin/sh": noise(MIB + 5, seed)})))
        assert len(image.layers[1]) == len(BASE)
        for shape, counts in saves.items():
            folder = tmp_path / f"{seed}-{shape}"
            store(FakeEngine(ONE, shape), folder)
            engine = FakeEngine({"twin:1": image}, shape)
            assert_holds(store(engine, folder, refs=["twin:1"])["twin:1"], image)
            counts.add(len(saved(engine)))

    assert saves == {"20.10": {1, 2}, "25": {1}}


def test_two_new_layers_of_one_size_are_both_stored(tmp_path: Path) -> None:
    image = FakeImage((BASE, layer({"bin/sh": noise(MIB + 5, 99)})))
    engine = FakeEngine({"twin:1": image})

    assert_holds(store(engine, tmp_path, refs=["twin:1"])["twin:1"], image)
    assert len(saved(engine)) == 1


def test_big_images_are_saved_in_two_archives_at_once(tmp_path: Path) -> None:
    half = 33 * MIB
    images = {
        "one:1": FakeImage((layer({"one": bytes(half)}),)),
        "two:1": FakeImage((layer({"two": bytes(half)}),)),
    }
    engine = FakeEngine(images, "25")

    stored = store(engine, tmp_path, refs=list(images))

    assert sorted(saved(engine)) == [("one:1",), ("two:1",)]
    for ref, image in images.items():
        assert_holds(stored[ref], image)


def test_progress_counts_the_bytes_that_the_engine_gave(tmp_path: Path) -> None:
    heard: list[tuple[str, int, int | None]] = []
    engine = FakeEngine(IMAGES)
    images = list(engine.inspect(list(IMAGES)).values())

    store_images(engine, images, BlobCache(tmp_path), lambda *step: heard.append(step))

    assert {label for label, _, _ in heard} == {"Saving 3 images"}
    done = [count for _, count, _ in heard]
    assert done[0] == 0
    assert done == sorted(done)
    assert done[-1] > len(BASE) + len(PYTHON)
    assert all(total is not None and total >= count for _, count, total in heard)
    assert heard[-1][1] == heard[-1][2]


@pytest.mark.parametrize("step", [1_000, 65_536, MIB - 1])
def test_how_the_bytes_trickle_in_does_not_change_the_blobs(tmp_path: Path, step: int) -> None:
    class Trickling(FakeEngine):
        @contextmanager
        def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[Any]:
            with super().save(refs, platform) as stream:
                yield Trickle(stream, step)

    for shape in ("20.10", "containerd"):
        store(Trickling(IMAGES, shape), tmp_path / shape)
        store(FakeEngine(IMAGES, shape), tmp_path / "whole")
        assert blobs(tmp_path / shape) == blobs(tmp_path / "whole")


class Trickle:
    def __init__(self, stream: ByteStream, step: int) -> None:
        self._stream = stream
        self._step = step

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._step))


# What the engine gives is not believed.


def nothing_bad(folder: Path, engine: FakeEngine) -> bool:
    """Whether only right layers of these images are in the cache, and no config."""
    good = {content for image in engine.images.values() for content in image.layers}
    return all(gzip.decompress(content) in good for content in blobs(folder).values())


def refused(engine: FakeEngine, folder: Path, platform: str | None = None) -> CatalogError:
    with pytest.raises(CatalogError) as caught:
        store(engine, folder, platform)
    assert caught.value.hint
    assert nothing_bad(folder, engine)
    assert {path.name for path in folder.glob("running/*/*")} <= {"begun"}
    return caught.value


def test_a_missing_layer_names_the_image_the_layer_and_the_known_fault(tmp_path: Path) -> None:
    error = refused(FakeEngine(IMAGES, "gap"), tmp_path, "linux/amd64")

    assert isinstance(error, IntegrityError)
    assert "layer 1" in error.message
    assert digest(BASE) in error.message
    assert "docker.io/team/api:1" in error.message
    assert "moby#49473" in error.message
    assert "docker pull --platform linux/amd64" in error.hint


@pytest.mark.parametrize("shape", WHOLE)
def test_a_stream_that_ends_early_is_refused_although_the_engine_is_content(
    tmp_path: Path, shape: str
) -> None:
    engine = FakeEngine(IMAGES, shape)
    with engine.save(["nginx:alpine"]) as stream:
        size = len(stream.read(1 << 30).rstrip(b"\0"))
    for part in range(4):
        engine = FakeEngine({"nginx:alpine": IMAGES["nginx:alpine"]}, shape, truncate_at=size * part // 4)
        assert "ends before its end" in refused(engine, tmp_path / str(part)).message


@pytest.mark.parametrize("shape", WHOLE)
def test_a_changed_layer_is_refused(tmp_path: Path, shape: str) -> None:
    name = "layer.tar" if shape == "20.10" else digest(BASE).removeprefix("sha256:")
    if shape.startswith("containerd"):
        with FakeEngine(ONE, shape).save(["nginx:alpine"]) as stream:
            members = members_of(stream)
        name = max(members, key=lambda one: len(members[one]))
    engine = FakeEngine({"nginx:alpine": IMAGES["nginx:alpine"]}, shape, corrupt=name)

    assert isinstance(refused(engine, tmp_path), IntegrityError)


@pytest.mark.parametrize("shape", WHOLE)
def test_a_changed_config_is_refused(tmp_path: Path, shape: str) -> None:
    name = IMAGES["nginx:alpine"].config_digest.removeprefix("sha256:")
    engine = FakeEngine({"nginx:alpine": IMAGES["nginx:alpine"]}, shape, corrupt=name)

    error = refused(engine, tmp_path)

    assert isinstance(error, IntegrityError)
    assert name in error.message


def test_an_engine_that_fails_after_a_whole_stream_is_believed(tmp_path: Path) -> None:
    engine = Rewritten(IMAGES, lambda members: members)
    engine.verdict = MissingError("docker ended with exit code 1.", "Look at its log.")

    assert refused(engine, tmp_path) is engine.verdict


class Rewritten(FakeEngine):
    """A fake engine whose archives go through `change` before they are handed out."""

    def __init__(
        self, images: dict[str, FakeImage], change: Callable[[Members], Members], shape: str = "25"
    ) -> None:
        super().__init__(images, shape)
        self._change = change
        self.verdict: CatalogError | None = None

    @contextmanager
    def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[Any]:
        with super().save(refs, platform) as stream:
            members = members_of(stream)
        yield Ending(_tar(self._change(members)), self.verdict)


class Ending(io.BytesIO):
    def __init__(self, content: bytes, verdict: CatalogError | None) -> None:
        super().__init__(content)
        self._verdict = verdict

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        if not part and self._verdict:
            raise self._verdict
        return part


def members_of(stream: ByteStream) -> Members:
    with tarfile.open(fileobj=io.BytesIO(stream.read(1 << 30))) as tar:
        return {one.name: _content(tar, one) for one in tar if one.isreg()}


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    assert file is not None
    return file.read()


def _tar(members: Members) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def manifest(change: Callable[[list[Any]], Any]) -> Callable[[Members], Members]:
    """Rewrites manifest.json."""
    return lambda members: (
        members | {"manifest.json": canonical(change(json.loads(members["manifest.json"])))}
    )


ONE = {"nginx:alpine": IMAGES["nginx:alpine"]}


@pytest.mark.parametrize("shape", WHOLE)
def test_the_order_of_the_members_does_not_matter(tmp_path: Path, shape: str) -> None:
    engine = Rewritten(IMAGES, lambda members: dict(reversed(members.items())), shape)
    if shape == "20.10":
        engine = Rewritten(ONE, lambda members: dict(reversed(members.items())), shape)

    for ref, stored in store(engine, tmp_path).items():
        assert_holds(stored, engine.images[ref])


def test_an_archive_in_podmans_shape_is_read(tmp_path: Path) -> None:
    def as_podman(members: Members) -> Members:
        (entry,) = json.loads(members["manifest.json"])
        config = entry["Config"].removeprefix("blobs/sha256/") + ".json"
        layers = [name.removeprefix("blobs/sha256/") + ".tar" for name in entry["Layers"]]
        files = {new: members[old] for new, old in zip(layers, entry["Layers"], strict=True)}
        listed = canonical([entry | {"Config": config, "Layers": layers}])
        extra = {"1" * 64 + "/VERSION": b"1.0", "1" * 64 + "/json": b"{}", "repositories": b"{}"}
        return files | extra | {config: members[entry["Config"]], "manifest.json": listed}

    for number in range(2):  # the second time with the layers known
        engine = Rewritten(ONE, as_podman)
        stored = store(engine, tmp_path, refs=["nginx:alpine"])["nginx:alpine"]
        assert_holds(stored, IMAGES["nginx:alpine"])
        assert len(saved(engine)) == 1, number
        stored.config.path.unlink()


def test_a_layer_of_several_gzip_members_is_read(tmp_path: Path) -> None:
    def in_members(members: Members) -> Members:
        packed = gzip.compress(BASE[:1000], mtime=0) + gzip.compress(BASE[1000:], mtime=0)
        name, content = packed_blob(packed)
        listed = json.loads(members["manifest.json"])
        listed[0]["Layers"][0] = name
        return members | {name: content, "manifest.json": canonical(listed)}

    engine = Rewritten(ONE, in_members, "containerd")

    assert_holds(store(engine, tmp_path, refs=["nginx:alpine"])["nginx:alpine"], IMAGES["nginx:alpine"])


def test_a_cache_that_is_emptied_meanwhile_is_named(tmp_path: Path) -> None:
    class Vandal(FakeEngine):
        @contextmanager
        def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[Any]:
            with super().save(refs, platform) as stream:
                yield stream
            shutil.rmtree(tmp_path / "layers")

    with pytest.raises(MissingError, match="vanished from the cache"):
        store(Vandal(ONE), tmp_path)


def test_the_order_of_the_images_does_not_matter(tmp_path: Path) -> None:
    engine = Rewritten(IMAGES, manifest(lambda entries: entries[::-1]))

    for ref, stored in store(engine, tmp_path).items():
        assert_holds(stored, engine.images[ref])


def test_images_that_nobody_asked_for_are_left_out(tmp_path: Path) -> None:
    engine = FakeEngine(IMAGES)

    class Generous(FakeEngine):
        @contextmanager
        def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[Any]:
            with super().save([*refs, *self.images], platform) as stream:
                yield stream

    stored = store(Generous(IMAGES), tmp_path, refs=["nginx:alpine"])

    assert_holds(stored["nginx:alpine"], engine.images["docker.io/library/nginx:alpine"])
    assert len(blobs(tmp_path)) == 3


def test_an_image_by_digest_has_no_name_in_the_archive_and_is_found(tmp_path: Path) -> None:
    nameless = manifest(lambda entries: [entry | {"RepoTags": None} for entry in entries])
    for shape in WHOLE:
        engine = Rewritten(ONE, nameless, shape)
        stored = store(engine, tmp_path / shape, refs=["nginx:alpine"])
        assert_holds(stored["nginx:alpine"], IMAGES["nginx:alpine"])


def test_without_the_manifest_that_an_id_names_the_image_is_found_by_name_but_not_noted(
    tmp_path: Path,
) -> None:
    def strip(members: Members) -> Members:
        return {name: content for name, content in members.items() if b'"manifests"' not in content} | {
            "index.json": members["index.json"]
        }

    engine = Rewritten(ONE, strip, "containerd")

    assert_holds(store(engine, tmp_path, refs=["nginx:alpine"])["nginx:alpine"], IMAGES["nginx:alpine"])
    assert BlobCache(tmp_path).config_of(engine.inspect(["nginx:alpine"])["nginx:alpine"].image_id) is None


@pytest.mark.parametrize(
    "change",
    [
        manifest(lambda _: {}),
        manifest(lambda _: [1]),
        manifest(lambda _: [{}]),
        manifest(lambda _: [{"Config": 1}]),
        manifest(lambda entries: [entries[0] | {"Layers": "x"}]),
        manifest(lambda entries: [entries[0] | {"RepoTags": [None]}]),
        manifest(lambda _: []),
        lambda members: members | {"manifest.json": b"[" * 100_000},
        lambda members: members | {"manifest.json": b"{"},
        lambda members: members | {"manifest.json": b'["' + b"x" * (5 * MIB) + b'"]'},
        lambda members: {name: one for name, one in members.items() if name != "manifest.json"},
        lambda members: members | {"etc/passwd": b"root"},
        lambda members: members | {"blobs/sha256/" + "0" * 64: b"content"},
        lambda members: members | {"blobs/sha256/" + "0" * 64: b""},
        lambda members: members | {"blobs/sha256/" + "0" * 63: b"content"},
        manifest(lambda entries: [entries[0] | {"Config": "index.json"}]),
        manifest(lambda entries: [entries[0] | {"Layers": entries[0]["Layers"][:-1]}]),
        manifest(lambda entries: [entries[0] | {"Layers": entries[0]["Layers"][::-1]}]),
        manifest(lambda entries: [entries[0] | {"Layers": [*entries[0]["Layers"][:-1], "../x"]}]),
        manifest(lambda entries: [entries[0] | {"Layers": entries[0]["Layers"] * 2}]),
    ],
)
def test_an_archive_that_does_not_hang_together_is_refused(
    tmp_path: Path, change: Callable[[Members], Members]
) -> None:
    assert isinstance(refused(Rewritten(ONE, change), tmp_path), IntegrityError)


def test_another_image_under_the_name_is_refused(tmp_path: Path) -> None:
    engine = FakeEngine(ONE)
    local = engine.inspect(["nginx:alpine"])["nginx:alpine"]
    engine.images["docker.io/library/nginx:alpine"] = FakeImage((BASE, OTHER))

    with pytest.raises(IntegrityError, match="nginx:alpine as the engine described it"):
        store_images(engine, [local], BlobCache(tmp_path), silent)


def test_a_config_with_the_same_layers_is_not_taken_for_another(tmp_path: Path) -> None:
    engine = FakeEngine(ONE)
    local = engine.inspect(["nginx:alpine"])["nginx:alpine"]
    engine.images["docker.io/library/nginx:alpine"] = replace(IMAGES["nginx:alpine"], labels={"x": "y"})

    with pytest.raises(IntegrityError, match="nginx:alpine as the engine described it"):
        store_images(engine, [local], BlobCache(tmp_path), silent)


@pytest.mark.parametrize(
    ("variant", "asked"), [("", "linux/arm64"), ("v8", "linux/arm64"), ("", "linux/arm64/v8")]
)
def test_arm64_and_its_only_variant_are_one_platform(tmp_path: Path, variant: str, asked: str) -> None:
    image = FakeImage((SMALL,), architecture="arm64", variant=variant)
    engine = Rewritten({"a:1": image}, lambda members: members)

    assert (
        store_images(
            engine, list(engine.inspect(["a:1"]).values()), BlobCache(tmp_path), silent, image.platform
        )["a:1"].platform
        == image.platform
    )
    again = FakeEngine({"a:1": image})
    assert store(again, tmp_path, asked, ["a:1"])
    assert saved(again) == []


class Careless(FakeEngine):
    """An engine that gives what it has, whatever platform is asked for (moby#48589)."""

    @contextmanager
    def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[Any]:
        del platform
        with super().save(refs) as stream:
            yield stream


def test_an_image_for_another_platform_is_refused_with_both_named(tmp_path: Path) -> None:
    engine = Careless({"a:1": FakeImage((SMALL,), architecture="arm64")})

    error = refused(engine, tmp_path, "linux/amd64")

    assert isinstance(error, MissingError)
    assert "for linux/arm64, not for linux/amd64" in error.message
    assert "docker pull --platform linux/amd64" in error.hint


def test_an_image_that_is_cached_for_another_platform_is_refused_too(tmp_path: Path) -> None:
    image = FakeImage((SMALL,), architecture="arm64")
    store(Careless({"a:1": image}), tmp_path)

    with pytest.raises(MissingError, match="for linux/arm64, not for linux/amd64"):
        store(Careless({"a:1": image}), tmp_path, "linux/amd64")


def packed_blob(content: bytes) -> tuple[str, bytes]:
    return f"blobs/sha256/{hashlib.sha256(content).hexdigest()}", content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"{not json",
        b'{"rootfs": 1}',
        b'{"manifests": [1, {"digest": 2}]}',
        b'{"a":' * 90_000,
        bytes(9 * MIB),
    ],
)
def test_a_blob_that_no_image_needs_does_no_harm(tmp_path: Path, content: bytes) -> None:
    engine = Rewritten(ONE, lambda members: members | dict([packed_blob(content)]), "containerd")

    stored = store(engine, tmp_path, refs=["nginx:alpine"])

    assert_holds(stored["nginx:alpine"], IMAGES["nginx:alpine"])
    assert len(blobs(tmp_path)) == 3


@pytest.mark.parametrize("cut", [1, 100])
def test_a_compressed_layer_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    broken = gzip.compress(BASE)[:-cut]
    engine = Rewritten(ONE, lambda members: members | dict([packed_blob(broken)]), "containerd")

    assert "damaged or cut off" in refused(engine, tmp_path).message


@pytest.mark.parametrize("content", [b"\x28\xb5\x2f\xfd" + b"nonsense" * 9, b"\x1f\x8b" + b"nonsense" * 9])
def test_a_layer_that_only_looks_compressed_is_refused(tmp_path: Path, content: bytes) -> None:
    engine = Rewritten(ONE, lambda members: members | dict([packed_blob(content)]), "containerd")

    assert "damaged or cut off" in refused(engine, tmp_path).message


def test_more_configs_than_memory_should_hold_are_refused(tmp_path: Path) -> None:
    filler = b" " * (3 * MIB)
    many = dict(packed_blob(b'{"rootfs": %d}' % number + filler) for number in range(22))
    engine = Rewritten(ONE, lambda members: many | members)

    assert "configs and manifests" in refused(engine, tmp_path).message


def test_a_gzip_bomb_takes_no_memory_and_is_not_kept(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(200 * MIB), 1)
    engine = Rewritten(ONE, lambda members: members | dict([packed_blob(bomb)]), "containerd")

    store(engine, tmp_path)

    assert len(blobs(tmp_path)) == 3


class Endless:
    """A layer of a petabyte."""

    def __init__(self) -> None:
        header = tarfile.TarInfo("1" * 64 + "/layer.tar")
        header.size = 1 << 50
        self._head = header.tobuf(tarfile.GNU_FORMAT)

    def read(self, size: int, /) -> bytes:
        head, self._head = self._head, b""
        return head[:size] or bytes(size)


def test_when_one_archive_fails_the_other_is_not_read_on(tmp_path: Path) -> None:
    class OneFails(FakeEngine):
        @contextmanager
        def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[Any]:
            self.calls.append(("save", *refs, platform or ""))
            if len(saved(self)) == 2:
                raise MissingError("The engine is gone.", "Start it.")
            yield Endless()

    big = {name: FakeImage((layer({name: bytes(33 * MIB)}),)) for name in ("one:1", "two:1")}
    engine = OneFails(big)

    assert refused(engine, tmp_path).message == "The engine is gone."
    assert len(saved(engine)) == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), shape=st.sampled_from(WHOLE))
def test_any_changed_byte_of_an_archive_is_noticed_or_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, shape: str
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    image = FakeImage((SMALL, OTHER))
    with FakeEngine({"a:1": image}, shape).save(["a:1"]) as stream:
        content = bytearray(stream.read(1 << 30))
    position = data.draw(st.integers(0, len(content.rstrip(b"\0")) + 1023))
    content[position] ^= data.draw(st.integers(1, 255))

    class Changed(FakeEngine):
        @contextmanager
        def save(self, refs: Sequence[str], platform: str | None = None) -> Iterator[Any]:
            del refs, platform
            yield io.BytesIO(bytes(content))

    engine = Changed({"a:1": image}, shape)
    try:
        stored = store(engine, folder, refs=["a:1"])
    except CatalogError:
        assert nothing_bad(folder, engine)
    else:
        assert_holds(stored["a:1"], image)
