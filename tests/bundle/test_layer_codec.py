"""A layer's compressed bytes depend on its content and on nothing else, and every gzip reads them."""

from __future__ import annotations

import gzip
import hashlib
import io
import mmap
import random
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.bundle.layer_codec import CHUNK, LayerCodec, LayerPacker
from tests.support.fake_engine import layer

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = {"1.9.1": "c0cdba9071929b3be690bc573c909ef0c9bdf369789caf24ef58f36428467b36"}
"""By version of the codec: what the first test's layer becomes. A new version gets a new line."""


def text(size: int) -> bytes:
    """Content that compresses about as well as an image does."""
    source = random.Random(5)  # noqa: S311  the same every time
    words = [source.randbytes(source.randrange(3, 12)) for _ in range(4000)]
    parts = b"".join(source.choice(words) for _ in range(size // 6 + 100))
    return parts[:size]


CONTENT = text(3 * CHUNK + 77)
EARLY = b"needles!" + bytes(range(128, 168)) + b"#eedles#" + bytes(range(168, 208)) + b"needles!" + bytes(300)
"""Content that compresses to other bytes as soon as either of its first two places is forgotten."""
STACK = 320 * 1024  # bytes; ISA-L needs about 200 KiB


def packed(content: bytes, threads: int = 2, window: int = 8) -> bytes:
    sink = io.BytesIO()
    with ThreadPoolExecutor(threads) as pool:
        packer = LayerPacker(LayerCodec(), pool, sink, window)
        for start in range(0, len(content), CHUNK):
            packer.add(content[start : start + CHUNK])
        found = packer.finish()
    assert found.size == len(sink.getvalue())
    assert found.sha256 == hashlib.sha256(sink.getvalue()).hexdigest()
    return sink.getvalue()


def test_a_version_of_the_codec_always_makes_the_same_bytes() -> None:
    found = hashlib.sha256(packed(CONTENT)).hexdigest()

    assert GOLDEN[LayerCodec().version] == found


@pytest.mark.parametrize(("threads", "window"), [(1, 0), (2, 1), (7, 64)])
def test_the_number_of_threads_does_not_change_the_bytes(threads: int, window: int) -> None:
    assert packed(CONTENT, threads, window) == packed(CONTENT)


@pytest.mark.parametrize("size", [0, 1, 511, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_layer_of_any_size_comes_back(size: int) -> None:
    assert gzip.decompress(packed(CONTENT[:size])) == CONTENT[:size]


@given(st.binary(max_size=5000))
def test_any_content_comes_back(content: bytes) -> None:
    assert gzip.decompress(packed(content)) == content


def test_the_header_of_every_member_has_no_time_and_no_name() -> None:
    whole = packed(CONTENT)

    assert whole[:10] == bytes.fromhex("1f8b08000000000000ff")
    assert whole.count(bytes.fromhex("1f8b08000000000000ff")) == 4


def test_one_member_holds_one_mebibyte() -> None:
    whole = packed(CONTENT)

    assert whole.startswith(LayerCodec().compress(CONTENT[:CHUNK]))


def test_gzip_and_tar_accept_a_layer(tmp_path: Path) -> None:
    file = tmp_path / "layer.tar.gz"
    file.write_bytes(packed(layer({"etc/name": b"notes\n", "usr/big": CONTENT})))

    subprocess.run([shutil.which("gzip") or "gzip", "-t", file], check=True)
    listed = subprocess.run(["tar", "-tzf", file], check=True, capture_output=True, text=True)
    assert listed.stdout.split() == ["etc/name", "usr/big"]


@pytest.mark.slow
def test_the_place_of_a_threads_stack_does_not_change_the_bytes() -> None:
    """ISA-L on its own fails this for about 5 of 20,000 threads (see `_PRIMER`)."""
    expected, kept = LayerCodec().compress(EARLY), []
    others: list[bytes] = []

    def compress(start: threading.Event) -> None:
        start.wait()
        if (found := LayerCodec().compress(EARLY)) != expected:
            others.append(found)

    usual = threading.stack_size(STACK)
    for _ in range(20):
        start = threading.Event()
        threads = [threading.Thread(target=compress, args=(start,)) for _ in range(1000)]
        for thread in threads:
            thread.start()
        start.set()
        for thread in threads:
            thread.join()
        kept.append(mmap.mmap(-1, 3 * 65536))  # moves the stacks of the next threads
    threading.stack_size(usual)
    assert not others


def test_a_codec_says_what_it_is() -> None:
    codec = LayerCodec()

    assert codec.key == f"isal-primed-1-{codec.version}"
    assert codec.as_manifest().model_dump() == {"name": "isal-primed", "level": 1, "version": codec.version}
