"""Whenever a packing is killed, and whoever packs or prunes beside it, the cache stays right."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.blob_cache import BlobCache

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("CATALOG_SOAK_KILLS", "20"))
STORE = """
import io, json, random, sys
from contextlib import contextmanager
from pathlib import Path
from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.image_saver import store_images
from tests.support.fake_engine import FakeEngine, FakeImage, layer

def content(name, size):
    return layer({name: random.Random(name).randbytes(size)})

layers = [content(f"layer {n}", 1_000 if n % 3 == 0 else 900_000 + n * 100_000) for n in range(9)]
images = {f"image:{n}": FakeImage((layers[0], layers[n], layers[n + 2])) for n in range(1, 7)}
made = {}

class Prepared(FakeEngine):
    @contextmanager
    def save(self, refs, platform=None):
        self.calls.append(("save", *refs))
        if made.get("refs") != sorted(refs):
            with FakeEngine(images, "20.10").save(refs) as stream:
                made.update(refs=sorted(refs), content=stream.read(1 << 30))
        yield io.BytesIO(made["content"])

engine = Prepared(images, "20.10")
with engine.save(list(images)):
    engine.calls.clear()  # so that the time until a kill goes into storing
local = list(engine.inspect(list(images)).values())
cache = BlobCache(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
stored = store_images(engine, local, cache, lambda *step: None)
there = all(one.blob.path.is_file() for image in stored.values() for one in image.layers)
digests = {ref: [one.blob.digest for one in image.layers] for ref, image in stored.items()}
print(json.dumps({"there": there, "digests": digests, "saves": len(engine.calls) - 1}), flush=True)
sys.stdin.readline()
"""


def started(folder: Path) -> subprocess.Popen[str]:
    """A program that is ready to store images, and does with the first line that it gets."""
    command = [sys.executable, "-c", STORE, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def result(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    found: dict[str, object] = json.loads(process.stdout.readline())
    return found


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate()
    return process.returncode


def whole_run(folder: Path) -> tuple[dict[str, object], float]:
    process = started(folder)
    begun = time.monotonic()
    go(process)
    found = result(process)
    seconds = time.monotonic() - begun
    assert ended(process) == 0
    return found, seconds


@pytest.mark.slow
def test_after_a_kill_at_any_moment_the_next_run_succeeds_and_nothing_is_corrupt(tmp_path: Path) -> None:
    right, seconds = whole_run(tmp_path / "right")
    moments = random.Random(7)  # noqa: S311  the same every time
    interrupted = drafts = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        process = started(folder)
        go(process)
        time.sleep(moments.uniform(0, seconds * 0.6))  # the first run is the slowest
        process.send_signal(signal.SIGKILL)
        assert ended(process) == -signal.SIGKILL
        drafts += any(draft.name != "begun" for draft in folder.glob("running/*/*"))
        has_begun = (folder / "running").is_dir()
        assert BlobCache(folder).verify() == (), f"corrupt after kill {number}"
        again, _ = whole_run(folder)
        interrupted += has_begun and bool(again["saves"])
        assert again["digests"] == right["digests"]
        assert BlobCache(folder).verify() == ()
        assert list(folder.glob("running/*")) == []
        assert BlobCache(folder).info().bytes == BlobCache(tmp_path / "right").info().bytes
    print(f"{KILLS} kills, {interrupted} in the middle, {drafts} left drafts, 0 corrupt entries")
    assert interrupted > KILLS // 10
    assert drafts


def test_two_runs_and_a_pruning_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    processes = [started(tmp_path) for _ in range(2)]
    for process in processes:
        go(process)
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        BlobCache(tmp_path).prune(None)
    found = [result(process) for process in processes]
    kept = BlobCache(tmp_path).prune(None)

    assert all(one["there"] for one in found)
    assert found[0]["digests"] == found[1]["digests"]
    assert kept.entries == 0
    assert BlobCache(tmp_path).info().entries == 9 + 6
    assert BlobCache(tmp_path).verify() == ()
    assert [ended(process) for process in processes] == [0, 0]
    assert BlobCache(tmp_path).prune(None).entries == 9 + 6


FULL = """
import random, resource, sys
from pathlib import Path
from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.image_saver import store_images
from catalog.errors import MissingError
from tests.support.fake_engine import FakeEngine, FakeImage, layer

resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
image = FakeImage((layer({"a": random.Random(1).randbytes(9_000_000)}),))
engine = FakeEngine({"big:1": image}, sys.argv[2])
local = list(engine.inspect(["big:1"]).values())
try:
    store_images(engine, local, BlobCache(Path(sys.argv[1])), lambda *_: None)
except MissingError as error:
    print(error.message)
"""


@pytest.mark.parametrize("shape", ["20.10", "containerd"])
def test_a_disk_that_fills_up_is_named_and_nothing_is_left(tmp_path: Path, shape: str) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path), shape]
    run = subprocess.run(command, check=True, capture_output=True, text=True)

    assert f"{tmp_path} cannot be written: file too large" in run.stdout
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


LARGE = """
import hashlib, io, json, random, resource, sys, tarfile
from contextlib import contextmanager
from pathlib import Path
from catalog.bundle.blob_cache import BlobCache
from catalog.bundle.image_saver import store_images
from catalog.engine.engine import LocalImage

PART, COUNT = random.Random(1).randbytes(1 << 19) + bytes(1 << 19), 768
sha256 = hashlib.sha256()
for _ in range(COUNT):
    sha256.update(PART)
diff_id = sha256.hexdigest()
rootfs = {"diff_ids": ["sha256:" + diff_id]}
config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": rootfs}).encode()
name = hashlib.sha256(config).hexdigest()
listed = json.dumps([{"Config": name + ".json", "RepoTags": ["a:1"], "Layers": [diff_id + ".tar"]}]).encode()

def member(name, size):
    header = tarfile.TarInfo(name)
    header.size = size
    return header.tobuf(tarfile.GNU_FORMAT)

def archive():
    yield member(diff_id + ".tar", COUNT << 20)
    for _ in range(COUNT):
        yield PART
    for one, content in ((name + ".json", config), ("manifest.json", listed)):
        yield member(one, len(content)) + content + bytes(-len(content) % 512)
    yield bytes(1024)

class Stream:
    def __init__(self):
        self.parts, self.rest = archive(), b""
    def read(self, size):
        while not self.rest:
            self.rest = next(self.parts, None)
            if self.rest is None:
                self.rest = b""
                return b""
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

class Engine:
    @contextmanager
    def save(self, refs, platform=None):
        yield Stream()

image = LocalImage("a:1", "sha256:" + name, "linux/amd64", ("sha256:" + diff_id,), COUNT << 20)
store_images(Engine(), [image], BlobCache(Path(sys.argv[1])), lambda *_: None)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LARGE, str(tmp_path)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)

    megabytes = int(run.stdout) / 1024
    print(f"peak {megabytes:.0f} MB for a layer of 768 MiB")
    assert megabytes < 200
    assert BlobCache(tmp_path).verify() == ()
