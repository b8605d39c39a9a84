from __future__ import annotations

import os
import resource
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.bundle.gathered_write import write_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator


@given(st.lists(st.binary(max_size=40), max_size=1300))
def test_every_byte_arrives_in_order(pieces: list[bytes]) -> None:
    with tempfile.TemporaryFile() as file:
        write_pieces(file.fileno(), pieces)
        file.seek(0)
        assert file.read() == b"".join(pieces)


def test_what_is_taken_only_in_part_is_offered_again() -> None:
    pieces = [bytes([number]) * 30_000 for number in range(40)]
    reader, writer = os.pipe()  # takes 64 kB at once
    found: list[bytes] = []

    def read() -> None:
        while chunk := os.read(reader, 7_919):
            found.append(chunk)

    thread = threading.Thread(target=read)
    thread.start()
    write_pieces(writer, pieces)
    os.close(writer)
    thread.join(10)
    os.close(reader)
    assert b"".join(found) == b"".join(pieces)


def test_a_full_disk_is_an_error() -> None:
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(OSError, match=r"\[Errno 28\]"):
        write_pieces(file.fileno(), [b"content"])


@pytest.fixture
def small_file() -> Iterator[BinaryIO]:
    """A file that takes 10,000 bytes and no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with tempfile.TemporaryFile() as file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        yield file
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_fills_up_in_the_middle_is_an_error(small_file: BinaryIO) -> None:
    with pytest.raises(OSError, match=r"\[Errno 27\]"):
        write_pieces(small_file.fileno(), [b"x" * 6_000] * 4)
