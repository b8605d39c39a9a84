"""Whether a folder is as it was: stamps tell, and content where stamps do not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from catalog.workspace import forked
from catalog.workspace.stamp import FolderStamp, content_digest, folder_stamp, folder_stamps
from tests.support.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD = 1_000_000_000


def stamp(root: Path) -> FolderStamp:
    found = folder_stamp(root)
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tree(tmp_path / "notes", {"kamiwaza.json": "{}", "web/app.py": "pass", "node_modules/a/b.js": ""})


def test_a_stamp_lists_files_and_leaves_dependencies_out(folder: Path) -> None:
    found = stamp(folder)
    assert found.files == ("kamiwaza.json", "web/app.py")
    assert found.folders == ("node_modules", "web")
    assert stamp(folder) == found


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda root: (root / "kamiwaza.json").write_text("[]"),
    "name": lambda root: (root / "kamiwaza.json").rename(root / "other.json"),
    "mode": lambda root: (root / "kamiwaza.json").chmod(0o600),
    "time": lambda root: os.utime(root / "web/app.py", (OLD, OLD)),
    "new": lambda root: (root / "web/new.py").write_text(""),
    "gone": lambda root: (root / "web/app.py").unlink(),
    "new folder": lambda root: (root / "empty").mkdir(),
    "replaced": lambda root: (tree(root, {"x": "{}"}) / "x").replace(root / "kamiwaza.json"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_gives_another_stamp(folder: Path, change: Callable[[Path], object]) -> None:
    before = stamp(folder)
    change(folder)
    assert stamp(folder).key != before.key


def test_a_change_that_keeps_size_and_time_gives_another_stamp(folder: Path) -> None:
    os.utime(folder / "kamiwaza.json", (OLD, OLD))
    before = stamp(folder)
    (folder / "kamiwaza.json").write_text("[]")
    os.utime(folder / "kamiwaza.json", (OLD, OLD))
    assert stamp(folder).key != before.key


def test_files_that_were_just_written_are_not_settled(folder: Path) -> None:
    assert not stamp(folder).is_settled


def test_a_time_in_the_future_is_never_settled(folder: Path) -> None:
    os.utime(folder / "kamiwaza.json", (4 * OLD, 4 * OLD))
    assert not stamp(folder).is_settled


def test_an_empty_folder_is_settled(tmp_path: Path) -> None:
    assert stamp(tmp_path).is_settled


@pytest.mark.parametrize("kind", ["link", "pipe", "missing"])
def test_where_stamps_do_not_speak_for_content_there_is_none(folder: Path, kind: str) -> None:
    if kind == "link":
        (folder / "web/link.md").symlink_to(folder / "kamiwaza.json")
    elif kind == "pipe":
        os.mkfifo(folder / "web/pipe")
    assert folder_stamp(folder / "nowhere" if kind == "missing" else folder) is None


def content(folder: Path) -> str:
    found = content_digest(folder, stamp(folder))
    assert found is not None
    return found


def test_a_change_in_the_last_piece_of_a_large_file_is_another_content(folder: Path) -> None:
    (folder / "large.bin").write_bytes(large := b"0123456789abcdef" * 10_000)
    before = content(folder)
    (folder / "large.bin").write_bytes(large[:-1] + b"!")
    assert content(folder) != before


def test_content_with_what_is_going_to_be_written_is_that_after_writing_it(folder: Path) -> None:
    foreseen = content_digest(folder, stamp(folder), {"new.yml": b"a: 1\n", "kamiwaza.json": b"[]"})
    (folder / "new.yml").write_text("a: 1\n")
    (folder / "kamiwaza.json").write_text("[]")
    assert foreseen == content(folder)


def test_content_is_the_same_after_a_touch_and_another_after_a_change(folder: Path) -> None:
    before = content(folder)
    os.utime(folder / "kamiwaza.json", (OLD, OLD))
    assert content(folder) == before
    (folder / "kamiwaza.json").write_text("[]")
    changed = content(folder)
    (folder / "kamiwaza.json").rename(folder / "other.json")
    assert len({before, changed, content(folder)}) == 3


def test_a_file_that_went_away_leaves_no_digest(folder: Path) -> None:
    found = stamp(folder)
    (folder / "kamiwaza.json").unlink()
    assert content_digest(folder, found) is None


def test_many_folders_have_the_stamps_that_each_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / f"{number}" for number in range(forked.WORTHWHILE + 3)]
    for folder in folders:
        folder.mkdir()
        (folder / f"{folder.name}.md").write_text(folder.name)
    (folders[5] / "link").symlink_to("5.md")
    (folders[6] / os.fsdecode(b"no-utf-8-\xff")).write_text("")
    each = [folder_stamp(folder) for folder in folders]
    assert each[5] is None
    for workers in (1, 3):
        monkeypatch.setattr(forked, "_workers", lambda _, workers=workers: workers)
        assert folder_stamps(folders) == each
