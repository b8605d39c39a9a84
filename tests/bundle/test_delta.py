"""A delta has only what the old bundle lacks, and makes the very bytes of the new bundle."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.bundle.delta import write_delta
from catalog.bundle.delta_apply import Applied, apply_delta
from catalog.bundle.delta_note import DELTA_NOTE, DeltaNote
from catalog.bundle.delta_reader import open_delta
from catalog.bundle.delta_verify import is_delta, verify_delta
from catalog.bundle.keys import new_key
from catalog.bundle.manifest import BundleManifest
from catalog.bundle.packed import PackedFile
from catalog.bundle.sums import is_bundle_path
from catalog.bundle.verdict import Policy, Verdict, Verification
from catalog.errors import CatalogError, ConflictError, IntegrityError, MissingError, UsageError
from catalog.operations.progress import Silence
from tests.support.made_bundles import EPOCH, made_bundle, manifest, packed_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BLOBS = "garden/default/docker-images/blobs/sha256"
OLD = {
    "package-setup.sh": b"#!/bin/bash\n",
    "README.md": b"old\n",
    "garden/default/apps.json": b"[]\n",
    f"{BLOBS}/{'1' * 64}": b"layer one" * 100,
    f"{BLOBS}/{'2' * 64}": b"layer two" * 100,
}
NEW = {
    **{path: content for path, content in OLD.items() if not path.endswith("2" * 64)},
    "README.md": b"new\n",
    "docs/README-of-before.md": b"old\n",
    f"{BLOBS}/{'3' * 64}": b"layer three" * 100,
}
LATER = EPOCH + 86_400
QUIET = Silence().transferred
QUITE_OPEN = Policy(allow_unchecked=True)
STRIDES = (29, pytest.param(1, marks=pytest.mark.slow))


class Case:
    """An old bundle, a new one, and the delta between them."""

    def __init__(
        self,
        folder: Path,
        old: Mapping[str, bytes] = OLD,
        new: Mapping[str, bytes] = NEW,
        signature: bytes | None = None,
    ) -> None:
        signer = f"sha256:{'0' * 64}" if signature else None
        files = packed_files(new, manifest(LATER, signer=signer), signature)
        self.old = made_bundle(folder / "old.tar.gz", packed_files(old))
        self.new = made_bundle(folder / "new.tar.gz", files, LATER)
        self.delta = folder / "x.delta.tar.gz"
        self.digest = write_delta(self.delta, self.old, files, LATER, QUIET)
        self.out = folder / "out"

    def apply(self) -> Applied:
        return apply_delta(self.old, self.delta, self.out, QUIET)


def names(tarball: Path) -> list[str]:
    with tarfile.open(tarball) as tar:
        return [member.name.partition("/")[2] for member in tar if member.isfile()]


_PATHS = st.from_regex(r"[a-c]{1,2}(/[a-c]{1,60}){0,3}(/blobs/sha256/[0-3])?", fullmatch=True).filter(
    is_bundle_path
)
_FILES = st.dictionaries(
    _PATHS, st.one_of(st.binary(max_size=70), st.sampled_from([b"x" * 70_000, b"y" * 512]))
)


def is_tree(files: Mapping[str, bytes]) -> bool:
    """Whether no file stands where another needs a folder."""
    folders = {str(parent) for path in files for parent in Path(path).parents}
    return not folders & files.keys()


@settings(max_examples=30, deadline=None)
@given(
    old=_FILES.filter(is_tree),
    new=_FILES.filter(is_tree),
    signature=st.none() | st.binary(min_size=1, max_size=72),
)
def test_old_and_delta_make_the_bytes_of_the_new_bundle(
    old: dict[str, bytes], new: dict[str, bytes], signature: bytes | None
) -> None:
    with tempfile.TemporaryDirectory() as name:
        case = Case(Path(name), old, new, signature)
        applied = case.apply()
        assert applied.is_written
        assert applied.path.read_bytes() == case.new.read_bytes()
        assert applied.whole.sha256 == f"sha256:{hashlib.sha256(case.new.read_bytes()).hexdigest()}"
        had = set(old.values())
        assert names(case.delta).count(DELTA_NOTE) == 1
        carried = [path for path in names(case.delta) if path in new]
        assert sorted(new[path] for path in carried) == sorted(set(new.values()) - had)


def test_a_delta_has_new_contents_only_by_digest_and_says_what_it_is(tmp_path: Path) -> None:
    case = Case(tmp_path, signature=b"sig")
    assert names(case.delta) == [
        "bundle.json",
        "SHA256SUMS",
        "SHA256SUMS.sig",
        "README.md",
        DELTA_NOTE,
        f"{BLOBS}/{'3' * 64}",
    ]
    with tarfile.open(case.delta) as tar:
        said = BundleManifest.from_bytes(read(tar, "bundle.json"))
        note = DeltaNote.from_bytes(read(tar, DELTA_NOTE))
    with tarfile.open(case.old) as tar:
        sums = hashlib.sha256(read(tar, "SHA256SUMS")).hexdigest()
    assert said.base is not None
    assert (said.base.sums, said.base.sequence) == (f"sha256:{sums}", EPOCH)
    assert (note.base.sequence, note.result.size) == (EPOCH, case.new.stat().st_size)
    assert case.digest == hashlib.sha256(case.delta.read_bytes()).hexdigest()


def read(tar: tarfile.TarFile, path: str) -> bytes:
    file = tar.extractfile(f"kamiwaza-extension-registry/{path}")
    assert file
    return file.read()


def test_a_delta_of_nothing_is_small(tmp_path: Path) -> None:
    large = {f"{BLOBS}/{number:064}": os.urandom(300_000) for number in range(20)}
    case = Case(tmp_path, large, large)
    assert case.delta.stat().st_size < 20_000
    assert case.apply().path.read_bytes() == case.new.read_bytes()


def test_the_same_delta_twice_has_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert Case(tmp_path / "a").delta.read_bytes() == Case(tmp_path / "b").delta.read_bytes()


def test_an_unpacked_old_bundle_will_do_for_both(tmp_path: Path) -> None:
    case = Case(tmp_path)
    subprocess.run(["tar", "-xzf", case.old, "-C", tmp_path], check=True)
    folder = tmp_path / "kamiwaza-extension-registry"
    for place in (folder, tmp_path):
        applied = apply_delta(place, case.delta, tmp_path / f"out-{place.name}", QUIET)
        assert applied.path.read_bytes() == case.new.read_bytes()
    write_delta(tmp_path / "y.delta.tar.gz", folder, packed_files(NEW, manifest(LATER)), LATER, QUIET)
    assert (tmp_path / "y.delta.tar.gz").read_bytes() == case.delta.read_bytes()


def test_the_new_bundle_is_named_by_its_time_and_never_replaces_another_file(tmp_path: Path) -> None:
    case = Case(tmp_path)
    path = case.apply().path
    assert path == case.out / "kamiwaza-registry-20251122-070539.tar.gz"
    before = path.stat()
    assert not case.apply().is_written
    assert path.stat().st_ino == before.st_ino
    path.write_bytes(b"precious")
    with pytest.raises(ConflictError, match="is there already"):
        case.apply()
    assert path.read_bytes() == b"precious"


def test_another_old_bundle_is_refused_with_the_name_of_the_right_one(tmp_path: Path) -> None:
    case = Case(tmp_path)
    for wrong in (case.new, made_bundle(tmp_path / "w.tar.gz", packed_files({"other": b""}))):
        with pytest.raises(ConflictError, match=r"2025-11-21T07:05:39Z \(sequence 1763708739\)"):
            apply_delta(wrong, case.delta, case.out, QUIET)
    assert not case.out.exists()


def test_whole_bundles_and_deltas_are_not_taken_for_one_another(tmp_path: Path) -> None:
    case = Case(tmp_path)
    with pytest.raises(UsageError, match="no delta"):
        apply_delta(case.old, case.new, case.out, QUIET)
    with pytest.raises(UsageError, match="is a delta"):
        apply_delta(case.delta, case.delta, case.out, QUIET)
    with pytest.raises(UsageError, match="is a delta"):
        write_delta(tmp_path / "z", case.delta, packed_files(NEW), LATER, QUIET)


@pytest.mark.parametrize("name", ["old", "delta", "nothing"])
def test_what_is_no_bundle_is_refused(tmp_path: Path, name: str) -> None:
    case = Case(tmp_path)
    other = tmp_path / "other.gz"
    paths = {"old": case.old, "delta": case.delta}
    if name in paths:
        paths[name] = other
        for content in (b"", b"text", case.new.read_bytes()[:700], case.new.read_bytes()[:20_000] + b"x"):
            other.write_bytes(content[: case.new.stat().st_size // 2])
            with pytest.raises(CatalogError):
                apply_delta(paths["old"], paths["delta"], case.out, QUIET)
    with pytest.raises(MissingError, match="no such file"):
        apply_delta(tmp_path / "absent", case.delta, case.out, QUIET)
    assert not case.out.exists() or not list(case.out.iterdir())


@pytest.mark.parametrize("stride", STRIDES)
def test_every_changed_byte_of_a_delta_or_its_base_is_harmless(tmp_path: Path, stride: int) -> None:
    """Either it is refused and nothing is written, or it was of no account and the same bundle comes out."""
    case = Case(tmp_path, {"a": b"old" * 9}, {"a": b"old" * 9, "b": b"new" * 9})
    whole = case.new.read_bytes()
    for file in (case.old, case.delta):
        content = file.read_bytes()
        for place in range(0, len(content), stride):
            file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert outcome(case) in {None, whole}
        file.write_bytes(content)


def outcome(case: Case) -> bytes | None:
    """The bytes of the new bundle; None when it was refused, and then nothing is left."""
    try:
        path = case.apply().path
    except CatalogError:
        assert not case.out.exists() or not list(case.out.iterdir())
        return None
    content = path.read_bytes()
    path.unlink()
    return content


def remade(case: Case, change: Callable[[dict[str, bytes]], object]) -> None:
    """Pack the delta again with other contents, as somebody who means harm would."""
    with tarfile.open(case.delta) as tar:
        files = {path: read(tar, path) for path in names(case.delta)}
    change(files)
    made_bundle(case.delta, [PackedFile.of(path, content) for path, content in files.items()], LATER)


def note_with(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        note = DeltaNote.from_bytes(files[DELTA_NOTE])
        files[DELTA_NOTE] = note.model_copy(
            update={"result": note.result.model_copy(update=changes)}
        ).to_bytes()

    return change


def manifest_with(**changes: object) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        said = BundleManifest.from_bytes(files["bundle.json"])
        files["bundle.json"] = said.model_copy(update=changes).to_bytes()

    return change


HOSTILE: dict[str, Callable[[dict[str, bytes]], object]] = {
    "another result": note_with(sha256=f"sha256:{'0' * 64}"),
    "a smaller result": note_with(size=100),
    "a larger result": note_with(size=100_000_000),
    "another time": manifest_with(sequence=1),
    "an endless time": manifest_with(sequence=10**30),
    "another platform": manifest_with(platform="linux/arm64"),
    "no note": lambda files: files.pop(DELTA_NOTE),
    "a note that is none": lambda files: files.update({DELTA_NOTE: b"{}"}),
    "a note of 5,000 bytes": lambda files: files.update({DELTA_NOTE: b" " * 5000}),
    "other content": lambda files: files.update({"README.md": b"bad\n"}),
    "a file nobody lists": lambda files: files.update({"stray": b""}),
    "a content too few": lambda files: files.pop("README.md"),
    "a list that leads out": lambda files: files.update(
        {"SHA256SUMS": files["SHA256SUMS"].replace(b"docs/README", b"../../README")}
    ),
    "another list": lambda files: files.update(
        {"SHA256SUMS": files["SHA256SUMS"].replace(b"docs/", b"docz/")}
    ),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_delta_that_means_harm_writes_nothing(
    tmp_path: Path, change: Callable[[dict[str, bytes]], object]
) -> None:
    case = Case(tmp_path)
    remade(case, change)
    with pytest.raises(IntegrityError):
        case.apply()
    assert not case.out.exists() or not list(case.out.iterdir())


def test_the_unchanged_delta_packed_again_is_taken(tmp_path: Path) -> None:
    case = Case(tmp_path)
    remade(case, lambda _: None)
    assert case.apply().path.read_bytes() == case.new.read_bytes()


def test_a_delta_never_fills_the_disk_with_one_content_over_and_over(tmp_path: Path) -> None:
    big = {"big": b"x" * 1_000_000}
    case = Case(tmp_path, big, big)

    def repeat(files: dict[str, bytes]) -> None:
        line = files["SHA256SUMS"].splitlines()[0].replace(b"big", b"big%04d")
        assert b"big" in line
        lines = b"".join(line % number + b"\n" for number in range(5000))
        files["SHA256SUMS"] = lines + b"".join(
            one + b"\n" for one in files["SHA256SUMS"].splitlines() if b"bundle.json" in one
        )

    remade(case, repeat)
    with pytest.raises(IntegrityError, match="larger than it says"):
        case.apply()


def test_a_signature_travels_as_it_is(tmp_path: Path) -> None:
    case = Case(tmp_path, signature=b"signed")
    with open_delta(case.delta) as delta:
        assert delta.head.signature == b"signed"
    with tarfile.open(case.apply().path) as tar:
        assert read(tar, "SHA256SUMS.sig") == b"signed"


def verified(case: Case, policy: Policy = QUITE_OPEN) -> Verification:
    return verify_delta(case.delta, policy, QUIET)


def test_a_delta_is_verified_on_its_own(tmp_path: Path) -> None:
    case = Case(tmp_path)
    assert is_delta(case.delta)
    assert not is_delta(case.new)
    assert not is_delta(tmp_path / "absent")
    found = verified(case)
    assert (found.verdict, found.accepted, found.problems) == (Verdict.UNSIGNED, True, ())
    assert found.manifest
    assert found.manifest.base
    assert found.manifest.base.sequence == EPOCH
    assert verified(case, Policy(require_signature=True)).verdict is Verdict.UNSIGNED_REFUSED


def test_a_signed_delta_needs_its_key(tmp_path: Path) -> None:
    case = Case(tmp_path, signature=b"signed")
    assert verified(case).verdict is Verdict.UNCHECKED
    assert not verified(case, Policy()).accepted
    new_key(tmp_path / "k", None)
    assert verified(case, Policy(key=tmp_path / "k.pub")).verdict is Verdict.WRONG_KEY


def test_a_delta_with_another_digest_beside_it_is_refused(tmp_path: Path) -> None:
    case = Case(tmp_path)
    beside = tmp_path / f"{case.delta.name}.sha256"
    beside.write_text(f"{case.digest}  {case.delta.name}\n")
    assert verified(case).accepted
    beside.write_text(f"{'0' * 64}  {case.delta.name}\n")
    assert verified(case).verdict is Verdict.CHANGED


@pytest.mark.parametrize("stride", STRIDES)
def test_every_changed_byte_of_a_delta_is_found(tmp_path: Path, stride: int) -> None:
    case = Case(tmp_path, {"a": b"old" * 9}, {"a": b"old" * 9, "b": b"new" * 9})
    content = case.delta.read_bytes()
    for place in range(0, len(content), stride):
        case.delta.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert not verified(case).accepted, place
    for other in (content[:-1], content + b"x", content[:5000], b""):
        case.delta.write_bytes(other)
        assert not verified(case).accepted


SHOWN_BY_APPLYING = {
    "another result",
    "a smaller result",
    "a larger result",
    "a content too few",
    "another list",
}
"""What an unsigned delta cannot show without the old bundle."""


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - SHOWN_BY_APPLYING))
def test_a_delta_that_means_harm_is_found_out(tmp_path: Path, name: str) -> None:
    case = Case(tmp_path)
    remade(case, HOSTILE[name])
    assert not verified(case).accepted
