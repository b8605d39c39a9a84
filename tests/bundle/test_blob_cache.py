"""The cache gives out whole entries only, and removes nothing that a running program uses."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.layer_codec import LayerCodec, PackedLayer
from catalog.errors import MissingError
from tests.support.fake_image import FakeImage

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.bundle.packed import Blob, Layer

CONFIG = FakeImage((b"layer",))
DAY = timedelta(days=1)


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def keep(cache: BlobCache, content: bytes) -> Layer:
    gzipped = b"gzip of " + content
    with cache.draft() as draft:
        draft.write(gzipped)
        packed = PackedLayer(hashlib.sha256(gzipped).hexdigest(), len(gzipped))
        return cache.keep_layer(draft, packed, digest(content), len(content))


def make_old(*blobs: Blob, days: float = 2) -> None:
    for blob in blobs:
        then = datetime.now(UTC) - timedelta(days=days)
        os.utime(blob.path, (then.timestamp(), then.timestamp()))


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_layer_that_was_kept_is_found_by_its_diff_id(tmp_path: Path) -> None:
    kept = keep(BlobCache(tmp_path), b"one")

    found = BlobCache(tmp_path).layer(digest(b"one"))

    assert found == kept
    assert found.raw_size == 3
    assert found.blob.path.read_bytes() == b"gzip of one"
    assert found.blob.digest == digest(b"gzip of one")


def test_a_layer_of_another_codec_is_not_taken(tmp_path: Path) -> None:
    keep(BlobCache(tmp_path), b"one")

    assert BlobCache(tmp_path, LayerCodec(level=2)).layer(digest(b"one")) is None
    assert BlobCache(tmp_path, LayerCodec(version="0")).layer(digest(b"one")) is None


def test_a_cache_that_is_not_there_is_empty_and_looking_makes_none(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path / "none")

    assert cache.layer(digest(b"one")) is None
    assert cache.config(digest(b"one")) is None
    assert cache.config_of(digest(b"one")) is None
    assert cache.info().entries == 0
    assert cache.prune(None).entries == 0
    assert cache.verify() == ()
    assert not (tmp_path / "none").exists()


def test_looking_up_before_a_run_begins_changes_nothing(tmp_path: Path) -> None:
    kept = keep(BlobCache(tmp_path), b"one")
    make_old(kept.blob)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    assert BlobCache(tmp_path).layer(digest(b"one"))

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("change", [lambda old: old[:-1], lambda old: old + b"x", lambda _: b""])
def test_a_blob_of_another_size_counts_as_none(tmp_path: Path, change: object) -> None:
    kept = keep(BlobCache(tmp_path), b"one")
    assert callable(change)
    kept.blob.path.write_bytes(change(kept.blob.path.read_bytes()))

    assert BlobCache(tmp_path).layer(digest(b"one")) is None
    keep(BlobCache(tmp_path), b"one")
    assert BlobCache(tmp_path).layer(digest(b"one")) == kept


@pytest.mark.parametrize(
    "record",
    [b"", b"{", b"[]", b"[" * 100_000, b"{}", b'{"blob": 1}', b'{"blob": "../../x", "size": 1}', b"\xff"],
)
def test_a_record_that_makes_no_sense_counts_as_none(tmp_path: Path, record: bytes) -> None:
    keep(BlobCache(tmp_path), b"one")
    next(tmp_path.glob("layers/*/*.json")).write_bytes(record)

    assert BlobCache(tmp_path).layer(digest(b"one")) is None


def test_a_record_of_another_layer_is_not_taken(tmp_path: Path) -> None:
    keep(BlobCache(tmp_path), b"one")
    record = next(tmp_path.glob("layers/*/*.json"))
    record.rename(record.with_name(digest(b"two").removeprefix("sha256:") + ".json"))

    assert BlobCache(tmp_path).layer(digest(b"two")) is None


@pytest.mark.parametrize(
    "name", ["", "sha256:", "sha256:../../etc/passwd", "/etc/passwd", "sha512:" + "a" * 64]
)
def test_what_is_no_digest_is_not_there(tmp_path: Path, name: str) -> None:
    cache = BlobCache(tmp_path)
    keep(cache, b"one")

    assert cache.layer(name) is None
    assert cache.config(name) is None
    assert cache.config_of(name) is None


def test_a_config_comes_back_byte_for_byte(tmp_path: Path) -> None:
    kept = BlobCache(tmp_path).put_bytes(CONFIG.config_bytes)

    found = BlobCache(tmp_path).config_of(CONFIG.config_digest)

    assert found == kept
    assert found.path.read_bytes() == CONFIG.config_bytes
    assert found.size == len(CONFIG.config_bytes)


def test_a_changed_config_counts_as_none(tmp_path: Path) -> None:
    kept = BlobCache(tmp_path).put_bytes(CONFIG.config_bytes)
    kept.path.write_bytes(CONFIG.config_bytes.replace(b"true", b"evil"))

    assert BlobCache(tmp_path).config(CONFIG.config_digest) is None
    assert BlobCache(tmp_path).put_bytes(CONFIG.config_bytes) == kept
    assert BlobCache(tmp_path).config(CONFIG.config_digest) == kept


def test_an_image_id_that_is_no_config_leads_to_the_config_that_was_noted(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)
    manifest = cache.put_bytes(b'{"config": {}}')  # a containerd store's image ID is such a blob's digest
    assert cache.config_of(manifest.digest) is None

    config = cache.put_bytes(CONFIG.config_bytes)
    cache.remember_image(manifest.digest, config)

    assert BlobCache(tmp_path).config_of(manifest.digest) == config


def test_a_draft_that_was_not_kept_leaves_nothing(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)

    with cache.draft() as draft:
        draft.write(b"half")

    del cache
    assert files(tmp_path) == []


def test_what_a_killed_program_left_is_swept_by_the_next(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from catalog.bundle.blob_cache import BlobCache
cache = BlobCache(Path({str(tmp_path)!r}))
with cache.draft() as draft:
    draft.write(b"half")
    draft.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert len(files(tmp_path)) == 2

    cache = BlobCache(tmp_path)
    cache.join()

    assert len(files(tmp_path)) == 1
    del cache
    assert files(tmp_path) == []


def test_info_says_what_there_is(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)
    one, two = keep(cache, b"one"), cache.put_bytes(b"two!")
    make_old(one.blob, days=3)

    info = cache.info()

    assert (info.entries, info.bytes) == (2, 11 + 4)
    assert info.oldest is not None
    assert info.newest is not None
    assert abs(datetime.now(UTC) - 3 * DAY - info.oldest) < timedelta(minutes=1)
    assert abs(datetime.now(UTC) - info.newest) < timedelta(minutes=1)
    assert two.path.is_file()


def test_pruning_removes_what_was_not_used_for_a_while_with_its_record(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)
    old, new = keep(cache, b"old"), keep(cache, b"new")
    cache.remember_source(digest(b"pulled"), old)
    make_old(old.blob)
    del cache

    removed = BlobCache(tmp_path).prune(DAY)

    assert (removed.entries, removed.bytes) == (1, 11)
    found = BlobCache(tmp_path)
    assert found.layer(digest(b"old")) is None
    assert found.layer(digest(b"new")) == new
    assert len(files(tmp_path)) == 2


def test_pruning_without_an_age_empties_the_cache(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)
    keep(cache, b"one")
    cache.remember_image(digest(b"id"), cache.put_bytes(CONFIG.config_bytes))
    del cache

    removed = BlobCache(tmp_path).prune(None)

    assert removed.entries == 2
    assert files(tmp_path) == []


def test_use_counts_as_use(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)
    layer, config = keep(cache, b"one"), cache.put_bytes(CONFIG.config_bytes)
    make_old(layer.blob, config)
    cache.layer(digest(b"one"))
    cache.put_bytes(CONFIG.config_bytes)
    del cache

    assert BlobCache(tmp_path).prune(DAY).entries == 0


def test_what_a_running_program_used_stays(tmp_path: Path) -> None:
    first = BlobCache(tmp_path)
    used, unused = keep(first, b"used"), keep(first, b"unused")
    make_old(used.blob, unused.blob)
    del first
    running = BlobCache(tmp_path)
    running.join()
    running.layer(digest(b"used"))
    fresh = keep(running, b"fresh")

    removed = BlobCache(tmp_path).prune(None)

    assert removed.entries == 1
    assert running.layer(digest(b"used")) == used
    assert running.layer(digest(b"fresh")) == fresh
    assert running.layer(digest(b"unused")) is None
    del running
    assert BlobCache(tmp_path).prune(None).entries == 2


def test_verifying_removes_a_changed_blob_and_says_so(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)
    good, bad = keep(cache, b"good"), keep(cache, b"bad")
    bad.blob.path.write_bytes(b"gzip of BAD")
    heard: list[tuple[str, int, int | None]] = []

    found = cache.verify(lambda *step: heard.append(step))

    assert found == (bad.blob.digest,)
    assert cache.layer(digest(b"bad")) is None
    assert cache.layer(digest(b"good")) == good
    assert heard[0] == ("Checking the cache", 0, 23)
    assert heard[-1] == ("Checking the cache", 23, 23)


def test_verifying_some_layers_leaves_the_others_alone(tmp_path: Path) -> None:
    cache = BlobCache(tmp_path)
    good, bad = keep(cache, b"good"), keep(cache, b"bad")
    bad.blob.path.write_bytes(b"gzip of BAD")

    assert cache.verify(layers=[good]) == ()
    assert bad.blob.path.is_file()


def test_a_cache_that_cannot_be_written_is_a_missing_thing_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    cache = BlobCache(tmp_path / "cache")

    assert cache.layer(digest(b"one")) is None
    with pytest.raises(MissingError, match=r"cache cannot be written: not a directory"):
        cache.put_bytes(b"two")


def test_a_full_disk_leaves_nothing_half_made(tmp_path: Path) -> None:
    program = f"""
import resource
from pathlib import Path
from catalog.bundle.blob_cache import BlobCache
from catalog.errors import MissingError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    BlobCache(Path({str(tmp_path)!r})).put_bytes(bytes(200_000))
except MissingError as error:
    print(error.message)
"""
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert f"{tmp_path} cannot be written: file too large" in run.stdout
    assert files(tmp_path) == []


def test_records_are_small_json_files_that_name_the_blob(tmp_path: Path) -> None:
    kept = keep(BlobCache(tmp_path), b"one")

    record = json.loads(next(tmp_path.glob("layers/*/*.json")).read_bytes())

    assert record == {
        "diff_id": digest(b"one"),
        "raw_size": 3,
        "blob": kept.blob.digest,
        "size": kept.blob.size,
    }
