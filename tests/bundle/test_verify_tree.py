"""An unpacked bundle is valid when each listed file is there as itself, and nothing else is."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import time
from pathlib import Path

import pytest

from catalog.bundle.verdict import Policy, Verdict, Verification
from catalog.bundle.verify import verify_bundle
from catalog.bundle.verify_tree import remove_unlisted
from catalog.errors import MissingError
from catalog.operations.progress import Silence
from tests.support.bundles import GARDEN, unpacked

APPS = f"{GARDEN}/apps.json"


def verify(root: Path) -> Verification:
    return verify_bundle(root, Policy(allow_unchecked=True), Silence().transferred)


def said(found: Verification) -> list[tuple[str, str]]:
    return [(problem.verdict.value, problem.path) for problem in found.problems]


def test_changed_missing_and_unlisted_are_all_told_and_the_gravest_is_the_verdict(folder: Path) -> None:
    (folder / "more").write_bytes(b"")
    assert verify(folder).verdict is Verdict.UNLISTED
    (folder / "README.md").unlink()
    assert verify(folder).verdict is Verdict.MISSING
    (folder / APPS).write_bytes(b"[ ]\n")
    found = verify(folder)
    assert found.verdict is Verdict.CHANGED
    assert not found.accepted
    assert sorted(said(found)) == [("changed", APPS), ("missing", "README.md"), ("unlisted", "more")]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's name is at most 107 bytes long
        try:
            bound.bind(path.name)
        finally:
            os.chdir(here)


def device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")


STRANGERS = {
    "a file": lambda path: path.write_bytes(b""),
    "a folder": lambda path: path.mkdir(),
    "a link to a file": lambda path: path.symlink_to("/etc/passwd"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to a folder": lambda path: path.symlink_to("/etc"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a pipe": pipe,
    "a socket": listener,
    "a device": device,
}


@pytest.mark.parametrize("kind", STRANGERS)
@pytest.mark.parametrize("where", ["more", f"{GARDEN}/more", "site-more"])
def test_what_is_not_listed_is_named_whatever_it_is_and_can_be_removed(
    folder: Path, kind: str, where: str
) -> None:
    STRANGERS[kind](folder / where)
    found = verify(folder)
    assert (found.verdict, said(found)) == (Verdict.UNLISTED, [("unlisted", where)])
    remove_unlisted(folder, [where])
    assert verify(folder).accepted
    assert Path("/etc/passwd").exists()


@pytest.mark.parametrize("kind", [kind for kind in STRANGERS if kind != "a file"])
def test_something_else_in_the_place_of_a_file_is_a_change(folder: Path, kind: str) -> None:
    path = folder / APPS
    path.unlink()
    STRANGERS[kind](path)
    assert said(verify(folder)) == [("changed", APPS)]


@pytest.mark.parametrize("name", ["bundle.json", "SHA256SUMS", "SHA256SUMS.sig"])
@pytest.mark.parametrize("kind", [kind for kind in STRANGERS if kind != "a file"])
def test_something_else_in_the_place_of_the_head_is_refused(folder: Path, name: str, kind: str) -> None:
    (folder / name).unlink()
    STRANGERS[kind](folder / name)
    found = verify(folder)
    assert (found.verdict, found.accepted) == (Verdict.CHANGED, False)


@pytest.mark.parametrize("target", ["same folder", "elsewhere"])
def test_a_link_to_the_very_content_is_a_change(folder: Path, tmp_path: Path, target: str) -> None:
    copy = (folder if target == "same folder" else tmp_path) / "copy"
    shutil.move(folder / APPS, copy)
    (folder / APPS).symlink_to(copy)
    found = verify(folder)
    assert ("changed", APPS) in said(found)
    assert found.verdict is Verdict.CHANGED


@pytest.mark.parametrize("name", ["garden", GARDEN, f"{GARDEN}/docker-images/blobs"])
def test_a_folder_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path, name: str) -> None:
    shutil.move(folder / name, tmp_path / "moved")
    (folder / name).symlink_to(tmp_path / "moved")
    found = verify(folder)
    assert found.verdict is Verdict.CHANGED
    assert ("unlisted", name) in said(found)
    remove_unlisted(folder, [name])
    assert (tmp_path / "moved").is_dir()
    assert verify(folder).verdict is Verdict.MISSING


def test_a_file_in_the_place_of_a_folder_leaves_its_files_missing(folder: Path) -> None:
    shutil.rmtree(folder / "relocate")
    (folder / "relocate").write_bytes(b"")
    assert sorted(said(verify(folder))) == [
        ("missing", f"relocate/{GARDEN}/apps.json.in"),
        ("missing", f"relocate/{GARDEN}/tools.json.in"),
        ("unlisted", "relocate"),
    ]


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(folder)
    assert verify(tmp_path / "current").accepted


def test_what_the_installation_adds_at_the_top_is_not_looked_at(folder: Path) -> None:
    (folder / "kamiwaza-registry.env").write_bytes(b"PORT=1\n")
    (folder / "state").mkdir()
    (folder / "state" / "server.key").write_bytes(b"key")
    assert verify(folder).accepted
    (folder / "garden" / "state").mkdir()
    (folder / "garden" / "kamiwaza-registry.env").write_bytes(b"")
    assert sorted(said(verify(folder))) == [
        ("unlisted", "garden/kamiwaza-registry.env"),
        ("unlisted", "garden/state"),
    ]


def test_a_folder_of_strangers_is_named_once_and_removed_whole(folder: Path) -> None:
    (folder / "more" / "deep").mkdir(parents=True)
    (folder / "more" / "deep" / "file").write_bytes(b"")
    (folder / "more" / "link").symlink_to("/etc")
    assert said(verify(folder)) == [("unlisted", "more")]
    remove_unlisted(folder, ["more"])
    assert not (folder / "more").exists()
    assert Path("/etc").is_dir()


def test_what_cannot_be_removed_is_said(folder: Path) -> None:
    with pytest.raises(MissingError, match="more"):
        remove_unlisted(folder, [f"{APPS}/more"])


def test_names_that_are_no_text_are_no_obstacle(folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/\xff\x1b[2J\n", os.O_CREAT))
    found = verify(folder)
    assert found.verdict is Verdict.UNLISTED
    remove_unlisted(folder, [problem.path for problem in found.problems])
    assert verify(folder).accepted


def test_modes_and_times_of_files_do_not_matter(folder: Path) -> None:
    for path in folder.rglob("*"):
        path.chmod(0o700)
        os.utime(path, (1, 1))
    assert verify(folder).accepted


def test_every_problem_is_counted(folder: Path) -> None:
    for number in range(250):
        (folder / f"more-{number}").write_bytes(b"")
    assert len(verify(folder).problems) == 250


def test_an_interruption_does_not_wait_for_the_rest(tmp_path: Path, unsigned: Path) -> None:
    """Ctrl-C in the middle of a large bundle must not hash what is left of it: here 20 GB of zeros."""
    root = unpacked(unsigned, tmp_path)
    names = [f"zz{number:03}" for number in range(200)]
    for name in names:
        with (root / name).open("wb") as file:
            file.truncate(100_000_000)
    with (root / "SHA256SUMS").open("a") as sums:
        sums.writelines(f"{'0' * 64}  {name}\n" for name in names)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        verify_bundle(root, Policy(), stop)
    assert time.monotonic() - start < 4
