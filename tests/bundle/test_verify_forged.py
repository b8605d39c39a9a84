"""Whoever forges a bundle by hand, each part sound by itself, is found out by the key."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.keys import key_id, load_private_key, load_public_key
from catalog.bundle.packed import PackedFile
from catalog.bundle.signing import sign
from catalog.bundle.sums import parse, to_text
from catalog.bundle.tar_writer import bundle_sums, write_bundle
from catalog.bundle.verdict import Policy, Verdict, Verification
from catalog.bundle.verify import verify_bundle
from catalog.bundle.verify_tree import remove_unlisted
from catalog.operations.progress import Silence
from catalog.registry.layout import REGISTRY_ROOT
from tests.support.bundles import EPOCH, bundle_files, small_bundle, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET = Silence().transferred
APPS = "garden/default/apps.json"
DEEP = f"""
import hashlib, resource, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from catalog.bundle.packed import PackedFile
from catalog.bundle.sums import to_text
from catalog.bundle.tar_writer import write_bundle
from catalog.bundle.verdict import Policy
from catalog.bundle.verify import verify_bundle
from tests.support.made_bundles import EPOCH, manifest
said = manifest().to_bytes()
deep = {{f"{{number}}" + "/a" * 500: "0" * 64 for number in range(4000)}}
listed = to_text({{**deep, "bundle.json": hashlib.sha256(said).hexdigest()}})
tarball, folder = Path("x.tar.gz"), Path("unpacked")
head = [PackedFile.of("bundle.json", said), PackedFile.of("SHA256SUMS", listed)]
write_bundle(tarball, head, EPOCH, lambda *_: None)
folder.mkdir()
for file in head:
    (folder / file.path).write_bytes(file.content)
for path in (tarball, folder):
    print(verify_bundle(path, Policy(), lambda *_: None).verdict)
"""
"""A list of few files in two million folders, none of which is there, within a gibibyte of memory."""


def verify(path: Path, key: Path | None = None, *, allow_unchecked: bool = False) -> Verification:
    return verify_bundle(path, Policy(key=key, allow_unchecked=allow_unchecked), QUIET)


def said(found: Verification) -> list[tuple[str, str]]:
    return [(problem.verdict.value, problem.path) for problem in found.problems]


def forged(target: Path, key: Path, change: bytes, *, signature: bytes | None = None) -> Path:
    """The key's bundle with another apps.json, and a list that fits that one."""
    secret = load_private_key(key, None)
    signer = key_id(secret.public_key())
    real = bundle_sums(bundle_files(signer))
    files = bundle_files(signer, extra={APPS: change})
    signature = signature or sign(secret, hashlib.sha256(real).digest())
    head = [PackedFile.of("SHA256SUMS", bundle_sums(files)), PackedFile.of("SHA256SUMS.sig", signature)]
    write_bundle(target, [*head, *files], EPOCH, QUIET)
    return target


def test_a_changed_file_with_a_list_that_fits_has_a_bad_signature(
    tmp_path: Path, key: Path, public: Path, shape: Callable[[Path], Path]
) -> None:
    found = verify(shape(forged(tmp_path / "x.tar.gz", key, b"[]\n")), public)
    assert (found.verdict, found.accepted) == (Verdict.BAD_SIGNATURE, False)


def test_without_a_key_a_forged_bundle_is_at_most_unchecked(
    tmp_path: Path, key: Path, shape: Callable[[Path], Path]
) -> None:
    path = shape(forged(tmp_path / "x.tar.gz", key, b"[]\n"))
    assert not verify(path).accepted
    assert verify(path, allow_unchecked=True).verdict is Verdict.UNCHECKED


def test_a_forger_who_signs_with_an_own_key_has_a_bad_signature_or_the_wrong_key(
    tmp_path: Path, key: Path, public: Path, shape: Callable[[Path], Path]
) -> None:
    own = tmp_path / "own.key"
    command = ["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(own)]
    subprocess.run(command, check=True, capture_output=True)
    signer = key_id(load_public_key(public))
    listed = bundle_sums(bundle_files(signer, extra={APPS: b"[]\n"}))
    signature = sign(load_private_key(own, None), hashlib.sha256(listed).digest())
    bundle = shape(forged(tmp_path / "x.tar.gz", key, b"[]\n", signature=signature))
    assert verify(bundle, public).verdict is Verdict.BAD_SIGNATURE
    (tmp_path / "other").mkdir()
    assert verify(small_bundle(tmp_path / "other", key=own), public).verdict is Verdict.WRONG_KEY


@pytest.mark.parametrize("name", ["SHA256SUMS", "SHA256SUMS.sig", "bundle.json"])
def test_a_part_of_an_older_bundle_of_the_same_key_does_not_fit(
    tmp_path: Path, key: Path, public: Path, folder: Path, name: str
) -> None:
    (tmp_path / "older").mkdir()
    older = small_bundle(tmp_path / "older", key=key, epoch=EPOCH - 60, extra={"README.md": b"older\n"})
    older = unpacked(older, tmp_path / "older")
    (folder / name).write_bytes((older / name).read_bytes())
    assert not verify(folder, public).accepted
    assert verify(folder, public).verdict in {Verdict.BAD_SIGNATURE, Verdict.CHANGED}


def test_an_edited_list_of_an_unsigned_folder_is_found_by_the_files(tmp_path: Path, unsigned: Path) -> None:
    root = unpacked(unsigned, tmp_path / "out")
    digests = parse((root / "SHA256SUMS").read_bytes())
    (root / "SHA256SUMS").write_bytes(to_text({**digests, APPS: "0" * 64}))
    assert said(verify(root)) == [("changed", APPS)]
    (root / "SHA256SUMS").write_bytes(to_text({**digests, "more": "0" * 64}))
    assert said(verify(root)) == [("missing", "more")]
    (root / "SHA256SUMS").write_bytes(to_text({path: digests[path] for path in digests if path != APPS}))
    assert said(verify(root)) == [("unlisted", APPS)]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_the_same_files_in_another_kind_of_tar_are_refused(
    tmp_path: Path, signed: Path, public: Path, form: int
) -> None:
    other = tmp_path / "x.tar.gz"
    with tarfile.open(signed) as source, tarfile.open(other, "w:gz", compresslevel=1, format=form) as target:
        for member in source:
            member.pax_headers = {"comment": "x"}
            target.addfile(member, source.extractfile(member) if member.isfile() else None)
    assert verify(other, public).verdict is Verdict.BAD_FORM


def test_a_newer_bundle_unpacked_over_an_older_one_names_what_is_left_of_that(
    tmp_path: Path, key: Path, public: Path
) -> None:
    (tmp_path / "older").mkdir()
    (tmp_path / "newer").mkdir()
    extra = {"site/old.html": b"old", "lib/a/b": b"old", "README.md": b"old\n"}
    root = unpacked(small_bundle(tmp_path / "older", key=key, extra=extra), tmp_path / "out")
    unpacked(small_bundle(tmp_path / "newer", key=key, epoch=EPOCH + 60), tmp_path / "out")
    found = verify(root, public)
    assert found.verdict is Verdict.UNLISTED
    assert sorted(said(found)) == [("unlisted", "lib"), ("unlisted", "site")]
    remove_unlisted(root, ["lib", "site"])
    assert verify(root, public).verdict is Verdict.VALID


def test_links_are_removed_and_what_they_lead_to_stays(tmp_path: Path, folder: Path, public: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"precious")
    (folder / "to-folder").symlink_to(precious)
    (folder / "strange").mkdir()
    (folder / "strange" / "deep").symlink_to(precious)
    (folder / "to-file").symlink_to(precious / "file")
    found = [problem.path for problem in verify(folder, public).problems]
    assert sorted(found) == ["strange", "to-file", "to-folder"]
    remove_unlisted(folder, found)
    assert (precious / "file").read_bytes() == b"precious"
    assert verify(folder, public).accepted


def test_a_device_in_the_place_of_a_file_is_a_change(folder: Path, public: Path) -> None:
    (folder / APPS).unlink()
    try:
        os.mknod(folder / APPS, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # zeros without an end
    except PermissionError:
        pytest.skip("only root makes devices")
    assert said(verify(folder, public))[0] == ("changed", APPS)


def test_what_lies_beside_the_folder_is_no_part_of_it(folder: Path, public: Path) -> None:
    (folder.parent / "evil").symlink_to("/etc")
    (folder.parent / f"{REGISTRY_ROOT}.sig").write_bytes(b"")
    assert verify(folder, public).verdict is Verdict.VALID


def test_a_list_of_countless_folders_does_not_fill_the_memory(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DEEP]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["missing", "missing"]), done.stderr[-500:]


@pytest.mark.parametrize("kind", ["pipe", "folder", "long"])
def test_a_signature_beside_it_that_is_none_is_a_bad_one(signed: Path, public: Path, kind: str) -> None:
    beside = signed.with_name(f"{signed.name}.sig")
    content = beside.read_bytes()
    beside.unlink()
    if kind == "pipe":
        os.mkfifo(beside)
    elif kind == "folder":
        beside.mkdir()
    else:
        beside.write_bytes(content + bytes(300))
    found = verify(signed, public)
    assert said(found) == [("bad-signature", beside.name)]
