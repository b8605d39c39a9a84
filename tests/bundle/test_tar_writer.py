"""A bundle is one GNU tar that every tar reads, with the same bytes wherever it is packed."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.bundle.packed import PackedFile
from catalog.bundle.sums import is_bundle_path, to_text
from catalog.bundle.tar_writer import bundle_sums, canonical_order, header, write_bundle
from catalog.bundle.verdict import Policy
from catalog.bundle.verify import verify_bundle
from catalog.errors import IntegrityError, MissingError
from catalog.operations.progress import Silence
from catalog.registry.layout import EXECUTABLE_HELPERS, REGISTRY_ROOT
from tests.support.bundles import EPOCH, small_bundle
from tests.support.made_bundles import made_bundle, manifest, packed_files

QUIET = Silence().transferred
FILES = {"package-setup.sh": b"#!/bin/bash\n", "README.md": b"read\n", "garden/default/apps.json": b"[]\n"}
ROOT = Path(__file__).parents[2]
PACK = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.support.made_bundles import made_bundle, packed_files
made_bundle(Path(sys.argv[1]), packed_files({FILES!r}))
"""


def test_the_head_comes_first_and_blobs_come_last() -> None:
    blob = f"garden/default/docker-images/blobs/sha256/{'0' * 64}"
    paths = [
        blob,
        "site/index.html",
        "SHA256SUMS.sig",
        "README.md",
        "bundle.json",
        "a/b",
        "SHA256SUMS",
        "a.b",
    ]
    assert canonical_order(paths) == [
        "bundle.json", "SHA256SUMS", "SHA256SUMS.sig", "README.md", "a.b", "a/b", "site/index.html", blob,
    ]  # fmt: skip


def test_a_bundle_whose_end_the_disk_refuses_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(MissingError, match="input/output error"):
        made_bundle(tmp_path / "x.tar.gz", packed_files(FILES))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_synced_can_have_a_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    assert made_bundle(tmp_path / "x.tar.gz", packed_files(FILES)).is_file()


def test_bytes_stay_the_same_from_release_to_release(tmp_path: Path) -> None:
    bundle = made_bundle(tmp_path / "x.tar.gz", packed_files({**FILES, f"long/{'n' * 150}": b"x" * 70_000}))
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert digest == "b9d950a7e3b359bd2aa15e7d3faf2051cdb1a69795f4f972fdf942ca96f166b1"


def test_bytes_do_not_depend_on_the_place_where_it_is_packed(tmp_path: Path) -> None:
    found = set()
    for number, (zone, language, umask) in enumerate(
        [("UTC", "C.UTF-8", 0o022), ("Asia/Tokyo", "de_DE.UTF-8", 0o077), ("America/Lima", "C", 0)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {
            **os.environ, "TZ": zone, "LANG": language, "LC_ALL": language, "HOME": str(folder), "USER": zone,
        }  # fmt: skip
        command = [sys.executable, "-c", PACK, str(folder / "x.tar.gz")]
        subprocess.run(command, env=environment, cwd=folder, umask=umask, check=True)
        found.add((folder / "x.tar.gz").read_bytes())
    assert len(found) == 1


def test_gnu_tar_unpacks_it_with_the_right_modes_and_lists_only_files_and_folders(
    tmp_path: Path, signed: Path
) -> None:
    listed = subprocess.run(["tar", "-tvzf", signed], capture_output=True, text=True, check=True)
    assert listed.stderr == ""
    assert {line[0] for line in listed.stdout.splitlines()} == {"-", "d"}
    assert {line.split()[1] for line in listed.stdout.splitlines()} == {"0/0"}
    subprocess.run(["tar", "-xpzf", signed, "-C", tmp_path], check=True)
    root = tmp_path / REGISTRY_ROOT
    for path in root.rglob("*"):
        is_program = path.is_dir() or str(path.relative_to(root)) in EXECUTABLE_HELPERS
        assert path.stat().st_mode & 0o7777 == (0o755 if is_program else 0o644)
        assert path.is_dir() or path.stat().st_mtime == EPOCH  # later files touch a folder
    subprocess.run(["sha256sum", "-c", "--quiet", "--strict", "SHA256SUMS"], cwd=root, check=True)
    subprocess.run(
        ["sha256sum", "-c", "--quiet", "--strict", f"{signed.name}.sha256"], cwd=signed.parent, check=True
    )


_PATHS = st.from_regex(r"[a-c]{1,3}(/[a-c]{1,120}){0,2}", fullmatch=True).filter(is_bundle_path)


@settings(max_examples=40, deadline=None)
@given(files=st.dictionaries(_PATHS, st.binary(max_size=2000), max_size=6))
def test_what_goes_in_comes_out(files: dict[str, bytes]) -> None:
    folders = {str(parent) for path in files for parent in Path(path).parents}
    kept = {path: content for path, content in files.items() if path not in folders}
    with tempfile.TemporaryDirectory() as name:
        bundle = made_bundle(Path(name) / "x.tar.gz", packed_files(kept))
        with tarfile.open(bundle) as tar:
            found = {
                member.name.partition("/")[2]: file.read()
                for member in tar
                if (file := tar.extractfile(member)) is not None
            }
        assert {path: found[path] for path in kept} == kept
        assert verify_bundle(bundle, Policy(), QUIET).accepted


def test_a_long_name_takes_a_member_of_its_own() -> None:
    short, long = header("a" * 70, 0, 0o644, EPOCH), header("a" * 80, 0, 0o644, EPOCH)
    assert len(short) == 512
    assert long.startswith(b"././@LongLink\0")
    assert len(long) == 3 * 512


def test_the_list_never_names_itself() -> None:
    files = [PackedFile.of(path, b"") for path in ("b", "SHA256SUMS", "a", "SHA256SUMS.sig")]
    empty = hashlib.sha256(b"").hexdigest()
    assert bundle_sums(files) == f"{empty}  a\n{empty}  b\n".encode() == to_text({"b": empty, "a": empty})


@pytest.mark.parametrize("size", [3, 5, 0])
def test_a_file_of_another_size_than_its_record_stops_it_and_leaves_nothing(
    tmp_path: Path, size: int
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"4444")
    target = tmp_path / "out" / "x.tar.gz"
    wrong = PackedFile("a", source, size, hashlib.sha256(b"4444").hexdigest())
    with pytest.raises(IntegrityError, match="4 bytes instead of"):
        write_bundle(target, [*packed_files({}), wrong], EPOCH, QUIET)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_whatever_stops_it_the_old_bundle_stays_and_nothing_else(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    target = tmp_path / "x.tar.gz"
    target.write_bytes(b"old")

    def interrupt(label: str, done: int, total: int | None) -> None:
        del label, total
        if done > 100_000:
            raise stop

    with pytest.raises(stop):
        write_bundle(target, packed_files({"a": bytes(200_000)}), EPOCH, interrupt)
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_a_source_that_cannot_be_read_stops_it(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source"
    if kind == "folder":
        source.mkdir()
    elif kind == "pipe":
        os.mkfifo(source)
    wrong = PackedFile("a", source, 4, "0" * 64)
    with pytest.raises(MissingError, match="source"):
        write_bundle(tmp_path / "out" / "x.tar.gz", [*packed_files({}), wrong], EPOCH, QUIET)


def test_progress_ends_with_all_bytes(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    files = packed_files({"a": bytes(3000), "b": bytes(10)})
    write_bundle(tmp_path / "x", files, EPOCH, lambda _, done, total: told.append((done, total)))
    everything = sum(file.size for file in files)
    assert told[-1] == (everything, everything)
    assert told == sorted(told)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_bundle(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(400_000_000)
    code = f"""
import hashlib, resource, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from catalog.bundle.packed import PackedFile
from catalog.bundle.sidecar import to_line
from catalog.bundle.verdict import Policy
from catalog.bundle.verify import verify_bundle
from tests.support.made_bundles import bundle_sums, made_bundle, manifest
large = Path({str(large)!r})
digest = hashlib.file_digest(large.open("rb", buffering=0), "sha256").hexdigest()
files = [PackedFile("a", large, 400_000_000, digest), PackedFile.of("bundle.json", manifest().to_bytes())]
target = made_bundle(large.with_name("x"), [*files, PackedFile.of("SHA256SUMS", bundle_sums(files))])
whole = hashlib.file_digest(target.open("rb", buffering=0), "sha256").hexdigest()
target.with_name("x.sha256").write_bytes(to_line(whole, "x"))
assert verify_bundle(target, Policy(), lambda *_: None).accepted
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 250_000  # kB


def test_two_bundles_of_the_same_content_are_the_same(tmp_path: Path, key: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        small_bundle(folder, key=key)
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert first == second
    assert len(first) == 3


def test_a_bundle_says_who_it_is_by_its_manifest_alone() -> None:
    assert (
        manifest().to_bytes().startswith(b'{\n  "format": 1,\n  "product": "kamiwaza-extension-registry",\n')
    )
