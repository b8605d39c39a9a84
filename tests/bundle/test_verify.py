"""A bundle is believed only as it was signed; every other one gets a verdict, and a reason."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.manifest import BundleManifest
from catalog.bundle.sidecar import to_line
from catalog.bundle.verdict import Policy, Verdict, Verification
from catalog.bundle.verify import verify_bundle
from catalog.errors import MissingError, UsageError
from catalog.operations.progress import Silence
from tests.support.bundles import EPOCH, crafted_bundle, small_bundle, unpacked
from tests.support.tampering import stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET = Silence().transferred
ZEROS = f"sha256:{'0' * 64}"


def verify(path: Path, **policy: object) -> Verification:
    return verify_bundle(path, Policy(**policy), QUIET)  # type: ignore[arg-type]


def test_what_was_signed_by_the_key_is_valid(
    signed: Path, public: Path, shape: Callable[[Path], Path]
) -> None:
    found = verify(shape(signed), key=public, require_signature=True)
    assert (found.verdict, found.accepted, found.problems) == (Verdict.VALID, True, ())
    assert found.manifest is not None
    assert found.files == found.manifest.sizes.files + 1  # and bundle.json
    assert found.bytes > found.manifest.sizes.bytes


def test_what_was_not_signed_is_unsigned(unsigned: Path, shape: Callable[[Path], Path]) -> None:
    found = verify(shape(unsigned))
    assert (found.verdict, found.accepted, found.problems) == (Verdict.UNSIGNED, True, ())


@pytest.mark.parametrize("demand", ["key", "require_signature"])
def test_what_was_not_signed_is_refused_once_a_signature_is_asked_for(
    unsigned: Path, public: Path, shape: Callable[[Path], Path], demand: str
) -> None:
    policy = Policy(key=public) if demand == "key" else Policy(require_signature=True)
    found = verify_bundle(shape(unsigned), policy, QUIET)
    assert (found.verdict, found.accepted) == (Verdict.UNSIGNED_REFUSED, False)


def test_a_signature_without_a_key_is_unchecked_and_accepted_only_if_allowed(
    signed: Path, shape: Callable[[Path], Path]
) -> None:
    path = shape(signed)
    refused, allowed = verify(path), verify(path, allow_unchecked=True)
    assert (refused.verdict, refused.accepted) == (Verdict.UNCHECKED, False)
    assert (allowed.verdict, allowed.accepted, allowed.problems) == (Verdict.UNCHECKED, True, ())


def test_another_key_is_the_wrong_key_and_the_message_names_the_right_one(
    signed: Path, other_public: Path, shape: Callable[[Path], Path]
) -> None:
    found = verify(shape(signed), key=other_public)
    assert (found.verdict, found.accepted) == (Verdict.WRONG_KEY, False)
    assert "says that sha256:" in found.problems[0].message


def test_a_list_that_was_changed_after_it_was_signed_has_a_bad_signature(folder: Path, public: Path) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(b"README.md", b"README.mk"))
    assert verify(folder, key=public).verdict is Verdict.BAD_SIGNATURE


def test_a_signature_that_was_taken_away_is_missed_even_without_a_key(folder: Path) -> None:
    (folder / "SHA256SUMS.sig").unlink()
    assert verify(folder).verdict is Verdict.MISSING


def test_a_signature_that_was_added_is_refused(tmp_path: Path, unsigned: Path, key: Path) -> None:
    root = unpacked(unsigned, tmp_path)
    subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key, "-out", root / "SHA256SUMS.sig", root / "SHA256SUMS"],
        check=True,
    )
    for policy in (Policy(allow_unchecked=True), Policy(key=key.with_name("release.key.pub"))):
        assert verify_bundle(root, policy, QUIET).verdict is Verdict.BAD_FORM


def test_a_manifest_that_names_another_signer_is_refused(tmp_path: Path, key: Path, public: Path) -> None:
    def lie(files: dict[str, bytes]) -> None:
        document = json.loads(files["bundle.json"]) | {"signer": {"key": ZEROS}}
        files["bundle.json"] = BundleManifest.model_validate_json(json.dumps(document)).to_bytes()

    root = unpacked(crafted_bundle(tmp_path, lie), tmp_path)
    subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key, "-out", root / "SHA256SUMS.sig", root / "SHA256SUMS"],
        check=True,
    )
    assert verify(root, key=public).verdict is Verdict.BAD_FORM


def remember(state: Path, *lines: str) -> None:
    state.mkdir(parents=True)
    (state / "sequences.tsv").write_text("".join(f"{line}\n" for line in lines))


def test_an_older_bundle_than_one_seen_of_the_same_key_is_rolled_back(
    signed: Path, public: Path, state: Path, shape: Callable[[Path], Path]
) -> None:
    path = shape(signed)
    manifest = verify(path, key=public).manifest
    assert manifest is not None
    assert manifest.signer is not None
    remember(
        state,
        "unsigned\t1\t2000-01-01T00:00:00Z",
        f"{manifest.signer.key}\t{EPOCH + 1}\t2027-01-01T00:00:00Z",
    )
    found = verify(path, key=public, state=state)
    assert (found.verdict, found.accepted) == (Verdict.ROLLED_BACK, False)
    assert "2027-01-01" in found.problems[0].message
    assert verify(path, key=public, state=state, allow_downgrade=True).accepted


@pytest.mark.parametrize(
    "line",
    [
        f"unsigned\t{EPOCH}\t2026-11-21T07:05:39Z",
        f"{ZEROS}\t{EPOCH + 1}\t2026-11-21T07:05:39Z",
        f"unsigned\t{EPOCH + 1}",
        "unsigned\tx\t2026-11-21T07:05:39Z",
        "\ud800\x00".encode("utf-8", "surrogatepass").decode("latin-1"),
        "",
    ],
)
def test_other_keys_equal_numbers_and_damaged_lines_do_not_stand_in_the_way(
    unsigned: Path, state: Path, line: str
) -> None:
    remember(state, line)
    assert verify(unsigned, state=state).accepted


def test_a_memory_that_cannot_be_read_is_not_taken_for_an_empty_one(unsigned: Path, state: Path) -> None:
    state.mkdir()
    os.mkfifo(state / "sequences.tsv")
    with pytest.raises(MissingError, match=r"sequences\.tsv"):
        verify(unsigned, state=state)


def test_a_digest_beside_the_tarball_counts(signed: Path, public: Path) -> None:
    beside = signed.with_name(f"{signed.name}.sha256")
    beside.write_bytes(to_line("0" * 64, signed.name))
    found = verify(signed, key=public)
    assert found.verdict is Verdict.CHANGED
    assert [problem.path for problem in found.problems] == [beside.name]
    beside.write_bytes(to_line("0" * 64, "another.tar.gz"))
    assert verify(signed, key=public).verdict is Verdict.BAD_FORM


def test_a_signature_beside_the_tarball_counts(signed: Path, public: Path) -> None:
    beside = signed.with_name(f"{signed.name}.sig")
    shutil.copy(beside, beside.with_name("kept"))
    beside.write_bytes(b"\x30\x00")
    found = verify(signed, key=public)
    assert found.verdict is Verdict.BAD_SIGNATURE
    assert [problem.path for problem in found.problems] == [beside.name]
    beside.unlink()
    assert verify(signed, key=public).accepted


def test_what_was_cut_off_is_refused_wherever_it_ends(signed: Path, public: Path, tmp_path: Path) -> None:
    content = signed.read_bytes()
    short = tmp_path / "short.tar.gz"
    for end in (*range(0, len(content), 1499), len(content) - 1):
        short.write_bytes(content[:end])
        assert not verify(short, key=public).accepted


def test_padding_between_files_is_checked_although_it_is_no_content(
    signed: Path, public: Path, tmp_path: Path
) -> None:
    content = gzip.decompress(signed.read_bytes())
    with tarfile.open(signed) as tar:
        ends = [(info.offset_data, info.size) for info in tar if info.size % 512]
    assert len(ends) > 20
    for start, size in ends:
        for place in (start + size, start + size + -size % 512 - 1):
            changed = bytearray(content)
            changed[place] = 1
            (tmp_path / "x.tar.gz").write_bytes(stored(bytes(changed)))
            assert verify(tmp_path / "x.tar.gz", key=public).verdict is Verdict.BAD_FORM


@pytest.mark.parametrize("more", [b"\0", b"garbage", bytes(10_240)])
def test_what_stands_behind_the_end_is_refused(signed: Path, public: Path, more: bytes) -> None:
    with signed.open("ab") as file:
        file.write(more)
    assert verify(signed, key=public).verdict is Verdict.BAD_FORM


def test_verifying_needs_no_engine_and_unpacks_nothing(
    signed: Path, public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    assert verify(signed, key=public).accepted
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["none", "pipe", "socket"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.tar.gz"
    with socket.socket(socket.AF_UNIX) as listener:
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            listener.bind(str(path))
        with pytest.raises(MissingError, match=r"x\.tar\.gz"):
            verify(path)


def test_a_policy_with_a_bad_key_is_the_callers_fault(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"no key")
    with pytest.raises(UsageError):
        verify(signed, key=tmp_path / "key")


def test_a_file_cannot_be_the_folder_of_another(tmp_path: Path) -> None:
    bundle = crafted_bundle(tmp_path, lambda files: files.update({"zz": b"", "zz/x": b""}))
    assert verify(bundle).verdict is Verdict.BAD_FORM


def test_an_empty_folder_is_no_bundle(tmp_path: Path) -> None:
    found = verify(tmp_path)
    assert (found.verdict, found.accepted) == (Verdict.MISSING, False)


def test_files_may_have_any_size_and_depth(tmp_path: Path, public: Path, key: Path) -> None:
    extra = {
        "site/empty": b"",
        "site/sector": bytes(512),
        "site/block": bytes(65_535),
        "site/large": bytes(3_000_000),
        "/".join(["site", *["deep" * 20] * 5, "file"]): b"deep",
        "site/+@_-.": b"odd",
    }
    bundle = small_bundle(tmp_path, key=key, extra=extra)
    assert verify(bundle, key=public).accepted
    assert verify(unpacked(bundle, tmp_path / "out"), key=public).accepted


def test_a_later_time_than_most_clocks_have_is_no_error(tmp_path: Path) -> None:
    assert verify(small_bundle(tmp_path, epoch=9_000_000_000)).accepted


def test_a_negative_size_in_a_header_does_not_fill_the_memory(tmp_path: Path, unsigned: Path) -> None:
    raw = bytearray(gzip.decompress(unsigned.read_bytes()))
    raw[512 + 124 : 512 + 136] = b"\xff" * 11 + b"\xfb"  # minus five
    (tmp_path / "x.tar.gz").write_bytes(stored(bytes(raw) + bytes(1_000_000)))
    found = verify(tmp_path / "x.tar.gz")
    assert found.verdict is Verdict.BAD_FORM
    assert "does not begin as a bundle" in found.problems[0].message
