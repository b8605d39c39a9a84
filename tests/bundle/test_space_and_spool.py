"""Room is looked for before the first byte; small files wait in memory, then on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

import pytest

from catalog.bundle.space import RESERVE, require_space
from catalog.bundle.spool import open_spool
from catalog.errors import MissingError
from catalog.model.file_tree import CopyOf, TreeFile, text_file


def test_enough_room_is_silent(tmp_path: Path) -> None:
    require_space({tmp_path / "not" / "there": 1})


def test_too_little_room_is_said_with_figures_before_anything_is_made(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(MissingError, match=r"need .*B, and the file system has .*B free"):
        require_space({tmp_path / "dist": free})
    assert list(tmp_path.iterdir()) == []


def test_folders_of_one_file_system_are_counted_together(tmp_path: Path) -> None:
    half = (shutil.disk_usage(tmp_path).free - RESERVE) // 2
    require_space({tmp_path / "a": half // 2})
    with pytest.raises(MissingError, match=r"a and .*b need"):
        require_space({tmp_path / "a": half + RESERVE, tmp_path / "b": half + RESERVE})


def test_files_past_the_limit_go_to_the_disk_and_vanish_at_the_end(tmp_path: Path) -> None:
    with open_spool(tmp_path, limit=4) as spool:
        small = spool.take(text_file("a", "abc"))
        large = spool.take(text_file("b", "defgh"))
        assert small.content == b"abc"
        assert isinstance(large.content, Path)
        assert large.content.read_bytes() == b"defgh"
        assert large.size == 5
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_went_away_is_named(tmp_path: Path) -> None:
    gone = TreeFile(PurePosixPath("a.png"), CopyOf(str(tmp_path / "gone.png")))
    with open_spool(tmp_path) as spool, pytest.raises(MissingError, match=r"gone\.png cannot be packed"):
        spool.take(gone)
