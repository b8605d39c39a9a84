"""The outer gzip holds stored blocks in one spelling, whatever the pieces in which content came."""

from __future__ import annotations

import gzip
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.bundle.stored_gzip import BLOCK, HEADER, StoredGzip
from catalog.bundle.stored_reader import StoredReader
from catalog.bundle.verdict import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from typing_extensions import Buffer

SIZES = st.lists(
    st.one_of(st.integers(0, 600), st.sampled_from([BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 7])),
    max_size=6,
)


def packed(pieces: Iterable[bytes]) -> bytes:
    out: list[Buffer] = []
    stored = StoredGzip(out.extend)
    for piece in pieces:
        stored.write(piece)
    stored.close()
    return b"".join(out)


def pieces_of(sizes: list[int]) -> list[bytes]:
    return [random.Random(size).randbytes(size) for size in sizes]  # noqa: S311  the same every time


def reader(content: bytes) -> StoredReader:
    place = [0]

    def read(size: int) -> bytes:
        piece = content[place[0] : place[0] + size]
        place[0] += len(piece)
        return piece

    return StoredReader(read, lambda _: None)


def read_back(content: bytes, size: int) -> bytes:
    stored = reader(content)
    found = b"".join(iter(lambda: bytes(stored.take(size)), b""))
    stored.finish()
    return found


@given(sizes=SIZES)
def test_every_gunzip_gives_the_content_back_and_so_does_our_reader(sizes: list[int]) -> None:
    pieces = pieces_of(sizes)
    content = packed(pieces)
    assert gzip.decompress(content) == b"".join(pieces)
    assert read_back(content, 1000) == b"".join(pieces)


@given(sizes=SIZES)
def test_the_pieces_make_no_difference_to_the_bytes(sizes: list[int]) -> None:
    pieces = pieces_of(sizes)
    assert packed(pieces) == packed([b"".join(pieces)])


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
def test_blocks_are_full_but_for_the_last_one(size: int) -> None:
    content = packed([bytes(size)])
    full = max(0, (size - 1) // BLOCK)
    assert content.startswith(HEADER)
    assert len(content) == len(HEADER) + size + 5 * (full + 1) + 8
    heads = [content[len(HEADER) + number * (BLOCK + 5)] for number in range(full + 1)]
    assert heads == [0] * full + [1]


def test_the_gzip_program_finds_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "x.gz"
    file.write_bytes(packed([b"content" * 50_000]))
    assert subprocess.run(["gzip", "-t", file], capture_output=True, check=True).stderr == b""


def spellings(content: bytes) -> dict[str, bytes]:
    """The same content in other gzip files, and files that are damaged."""
    ours, rest = packed([content]), packed([content[1:]])[len(HEADER) :]
    return {
        "compressed": gzip.compress(content, mtime=0),
        "stored by zlib": gzip.compress(content, 0, mtime=0),
        "with a time": ours[:4] + b"\x01" + ours[5:],
        "a member behind it": ours + packed([b""]),
        "an empty member before it": packed([b""]) + ours,
        "a byte behind it": ours + b"\0",
        "cut off in the trailer": ours[:-3],
        "cut off in a block": ours[:1000],
        "cut off in the header": ours[:5],
        "no file at all": b"",
        "a wrong check sum": ours[:-8] + bytes(4) + ours[-4:],
        "a wrong length": ours[:-4] + bytes(4),
        "a block that is not full": HEADER + b"\x00\x01\x00\xfe\xff" + content[:1] + rest[:-8] + ours[-8:],
    }


@pytest.mark.parametrize("name", spellings(b"a" * 3000))
def test_another_spelling_is_refused(name: str) -> None:
    with pytest.raises(RefusedError):
        read_back(spellings(b"a" * 3000)[name], 100)
