"""Writing is all or nothing: readers see the old or the new, whatever interrupts."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from catalog.errors import ConflictError, MissingError
from catalog.model.file_tree import CopyOf, TreeFile, text_file
from catalog.workspace.held_folder import held_new
from catalog.workspace.writing import add_files, create_tree, swap_tree, write_file
from tests.support.trees import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD = text_file("garden/apps.json", "old")
NEW = text_file("garden/apps.json", "new")


def swap(target: Path, *files: TreeFile) -> None:
    swap_tree(target, files, markers=("garden",))


def shown(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def failing() -> Iterator[TreeFile]:
    yield NEW
    raise KeyboardInterrupt


def test_a_tree_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "out" / "registry"
    swap(target, OLD, text_file("garden/gone.json", "x"))
    swap(target, NEW)
    assert shown(tmp_path) == {"out/registry/garden/apps.json": "new"}


def test_an_interrupted_build_leaves_the_old_tree_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "registry"
    swap(target, OLD)
    with pytest.raises(KeyboardInterrupt):
        swap_tree(target, failing(), markers=("garden",))
    assert shown(tmp_path) == {"registry/garden/apps.json": "old"}


def test_a_swap_that_was_killed_between_its_renames_is_undone_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "registry"
    tree(tmp_path, {".registry.old/garden/apps.json": "old", ".registry.new-999999999/garden/x": "half"})
    with pytest.raises(KeyboardInterrupt):
        swap_tree(target, failing(), markers=("garden",))
    assert shown(tmp_path) == {"registry/garden/apps.json": "old"}


def test_a_swap_that_was_killed_after_its_renames_is_finished_by_the_next(tmp_path: Path) -> None:
    tree(tmp_path, {".registry.old/garden/apps.json": "old", "registry/garden/apps.json": "newer"})
    swap(tmp_path / "registry", NEW)
    assert shown(tmp_path) == {"registry/garden/apps.json": "new"}


def test_what_another_running_build_is_writing_stays(tmp_path: Path) -> None:
    with held_new(tmp_path, ".registry.new-", 0o777) as theirs:
        tree(theirs, {"garden/x": "theirs"})
        swap(tmp_path / "registry", NEW)
        assert shown(theirs) == {"garden/x": "theirs"}
    assert list(shown(tmp_path)) == ["registry/garden/apps.json"]


def test_a_folder_that_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    tree(tmp_path, {"registry/thesis.txt": "years of work"})
    with pytest.raises(ConflictError, match="not made by catalog build"):
        swap(tmp_path / "registry", NEW)
    assert shown(tmp_path) == {"registry/thesis.txt": "years of work"}


def test_a_link_in_the_place_of_the_target_is_never_followed(tmp_path: Path) -> None:
    tree(tmp_path, {"elsewhere/garden/apps.json": "theirs", "registry": tmp_path / "elsewhere"})
    with pytest.raises(ConflictError):
        swap(tmp_path / "registry", NEW)
    assert (tmp_path / "elsewhere/garden/apps.json").read_text() == "theirs"


def test_an_empty_folder_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    swap(tmp_path / "registry", NEW)
    assert shown(tmp_path) == {"registry/garden/apps.json": "new"}


def test_a_killed_process_leaves_the_old_tree(tmp_path: Path) -> None:
    target = tmp_path / "registry"
    swap(target, OLD)
    code = (
        "import os, sys, signal, pathlib\n"
        "from catalog.model.file_tree import text_file\n"
        "from catalog.workspace.writing import swap_tree\n"
        "def files():\n"
        "    yield text_file('garden/apps.json', 'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "swap_tree(pathlib.Path(sys.argv[1]), files(), markers=('garden',))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(target)], check=False, timeout=30)
    assert (target / "garden/apps.json").read_text() == "old"
    swap(target, NEW)
    assert shown(tmp_path) == {"registry/garden/apps.json": "new"}


def test_builds_at_the_same_time_each_replace_the_tree_whole(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from catalog.model.file_tree import text_file\n"
        "from catalog.workspace.writing import swap_tree\n"
        "files = [text_file(f'garden/{n}.json', sys.argv[2]) for n in range(20)]\n"
        "for _ in range(30):\n"
        "    swap_tree(pathlib.Path(sys.argv[1]), files, markers=('garden',))\n"
    )
    target = tmp_path / "registry"
    builds = [
        subprocess.Popen([sys.executable, "-c", code, str(target), name], stderr=subprocess.PIPE, text=True)
        for name in ("one", "two", "three")
    ]
    assert [build.communicate(timeout=60)[1] for build in builds] == ["", "", ""]
    assert {len(shown(tmp_path)), len(set(shown(tmp_path).values()))} == {20, 1}


def test_the_disk_says_no_in_words(tmp_path: Path) -> None:
    def full() -> Iterator[TreeFile]:
        yield NEW
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "garden/tools.json")

    with pytest.raises(MissingError, match=r"registry cannot be written: no space left on device") as caught:
        swap_tree(tmp_path / "registry", full(), markers=("garden",))
    assert "df -h" in caught.value.hint
    assert shown(tmp_path) == {}


def test_modes_and_copied_content_arrive(tmp_path: Path) -> None:
    source = tree(tmp_path, {"source.png": b"\x89PNG"}) / "source.png"
    swap(
        tmp_path / "registry",
        TreeFile(PurePosixPath("garden/a.png"), CopyOf(str(source))),
        text_file("run.sh", "#!/bin/sh\n", 0o755),
    )
    assert (tmp_path / "registry/garden/a.png").read_bytes() == b"\x89PNG"
    assert (tmp_path / "registry/run.sh").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "registry/garden/a.png").stat().st_mode & 0o777 == 0o644


def test_a_source_that_went_away_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    gone = TreeFile(PurePosixPath("garden/a.png"), CopyOf(str(tmp_path / "gone.png")))
    with pytest.raises(MissingError, match=r"gone\.png went away"):
        swap(tmp_path / "registry", OLD, gone)
    assert shown(tmp_path) == {}


def test_a_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tree(tmp_path, {"a": "old"}) / "a"
    path.chmod(0o600)
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_a_missing_folder_is_an_error_with_a_way_on(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot be written"):
        write_file(tmp_path / "gone" / "a", b"x")


def test_a_new_tree_never_overwrites(tmp_path: Path) -> None:
    tree(tmp_path, {"apps/notes/mine": "x"})
    with pytest.raises(ConflictError, match="there already"):
        create_tree(tmp_path / "apps/notes", [NEW])
    create_tree(tmp_path / "apps/other", [NEW])
    assert shown(tmp_path) == {"apps/notes/mine": "x", "apps/other/garden/apps.json": "new"}


def test_adding_files_keeps_those_that_are_there(tmp_path: Path) -> None:
    tree(tmp_path, {"a": "mine"})
    written = add_files(tmp_path, [text_file("a", "theirs"), text_file("b/c", "new")])
    assert written == [tmp_path / "b/c"]
    assert shown(tmp_path) == {"a": "mine", "b/c": "new"}


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process may have more than a mebibyte: a longer one is cut off, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files")
def test_a_file_that_the_disk_cuts_off_is_not_there_and_is_written_by_the_next_run(tmp_path: Path) -> None:
    with pytest.raises(MissingError) as caught:
        add_files(tmp_path, [text_file("a", "small"), text_file("b", "x" * (2 << 20))])
    assert "b cannot be written: file too large. What was written before it stays." in caught.value.message
    assert shown(tmp_path) == {"a": "small"}
    assert add_files(tmp_path, [text_file("a", "small"), text_file("b", "now")]) == [tmp_path / "b"]
