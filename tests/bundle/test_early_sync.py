"""The disk takes what is written while more comes, and what it refuses is not lost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.early_sync import EarlySync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def pipe() -> Iterator[int]:
    """Something that the kernel refuses to sync."""
    reading, writing = os.pipe()
    yield writing
    os.close(reading)
    os.close(writing)


def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The descriptors that are synced from now on."""
    seen: list[int] = []
    monkeypatch.setattr(os, "fdatasync", seen.append)
    return seen


def test_the_disk_is_asked_after_every_stride(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = synced(monkeypatch)
    with (tmp_path / "a").open("wb", buffering=0) as file:
        with EarlySync(file.fileno(), stride=4) as disk:
            disk.wrote(file.write(b"123"))
        assert asked == []
        with EarlySync(file.fileno(), stride=4) as disk:
            disk.wrote(file.write(b"456"))
            disk.wrote(file.write(b"7"))
        assert asked == [file.fileno()]


def write(descriptor: int, times: int, end: Exception | None = None) -> None:
    """Say that bytes were written, so often or until the disk refuses."""
    with EarlySync(descriptor, stride=1) as disk:
        for _ in range(times):
            disk.wrote(1)
        if end:
            raise end


@pytest.mark.parametrize("times", [1, 100_000], ids=["at the end", "while more is written"])
def test_what_the_disk_refuses_is_told(pipe: int, times: int) -> None:
    with pytest.raises(OSError, match="Invalid argument"):
        write(pipe, times)


def test_a_failure_in_the_block_is_what_people_hear_of(pipe: int) -> None:
    with pytest.raises(RuntimeError):
        write(pipe, 1, RuntimeError())
