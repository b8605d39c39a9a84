"""Files of the tree before: taken unread only while the file system says the same of them as then."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from catalog.workspace import tree_before
from catalog.workspace.kept import Kept
from catalog.workspace.tree_before import TreeBefore
from tests.support.trees import tree

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = (PurePosixPath("site/a.html"), PurePosixPath("site/a.json"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path / "build", {"site/a.html": "page", "site/a.json": "{}"})


def left(root: Path, number: int | None = None, content: str = "one") -> None:
    """A build that leaves the tree with this content."""
    with Kept(root.parent / "b.kept") as kept:
        before = TreeBefore(kept, root)
        before.will_have(PATHS, content)
        before.remember(root.stat().st_ino if number is None else number)


def inodes(root: Path, content: str = "one") -> list[int] | None:
    with Kept(root.parent / "b.kept") as kept:
        return TreeBefore(kept, root).inodes(PATHS, content)


def test_files_that_are_as_they_were_left_are_known_by_their_numbers(root: Path) -> None:
    left(root)
    assert inodes(root) == [(root / path).stat().st_ino for path in PATHS]


def test_files_with_other_content_than_is_wanted_are_not_taken(root: Path) -> None:
    left(root)
    assert inodes(root, "other") is None


def write_and_set_back(path: Path) -> None:
    before = path.stat()
    path.write_text("[]")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda path: path.write_text("changed"),
    "content of the same size and time": write_and_set_back,
    "mode": lambda path: path.chmod(0o600),
    "gone": lambda path: path.unlink(),
    "another name": lambda path: os.link(path, path.with_name("b")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_somebody_changed_is_not_taken_unread(
    root: Path, change: Callable[[Path], object]
) -> None:
    left(root)
    change(root / PATHS[1])
    assert inodes(root) is None


def test_a_tree_that_another_build_put_there_is_not_noted(root: Path) -> None:
    left(root, number=root.stat().st_ino + 1)
    assert inodes(root) is None


def test_nothing_is_noted_while_the_clock_stands_still(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_before, "_TRIES", 0)
    left(root)
    assert inodes(root) is None


def test_without_a_tree_nothing_is_known(tmp_path: Path) -> None:
    with Kept(tmp_path / "b.kept") as kept:
        before = TreeBefore(kept, None)
        before.remember(1)
        assert before.inodes(PATHS, "one") is None
        assert before.content(PATHS[0]) == b""


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(root: Path) -> None:
    (root / PATHS[0]).unlink()
    os.mkfifo(root / PATHS[0])
    with Kept(None) as kept:
        assert TreeBefore(kept, root).content(PATHS[0]) == b""
        assert TreeBefore(kept, root).content(PATHS[1]) == b"{}"
