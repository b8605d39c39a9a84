"""`catalog bundle verify`, as people and scripts call it."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from catalog.bundle.delta import write_delta
from catalog.bundle.keys import key_id, load_private_key, new_key
from catalog.bundle.packed import PackedFile
from catalog.bundle.signing import sign
from catalog.bundle.splitting import split
from catalog.bundle.tar_writer import bundle_sums
from catalog.operations.progress import Silence
from tests.support.bundles import EPOCH, bundle_files, small_bundle, unpacked
from tests.support.speaking import said

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "open sesame"


def test_a_valid_bundle_ends_with_0_and_its_signer(
    signed: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, "bundle", "verify", signed, "--key", public)
    assert out.splitlines()[-1] == "verdict: valid"
    assert "signer: sha256:" in out
    assert "2 images" in out


def test_an_unsigned_bundle_ends_with_0_and_a_warning_and_with_4_once_a_signature_is_asked_for(
    unsigned: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "nobody vouches for it" in said(capsys, "bundle", "verify", unsigned)
    assert "unsigned-refused" in said(capsys, "bundle", "verify", unsigned, "--key", public, code=4)
    assert "unsigned-refused" in said(capsys, "bundle", "verify", unsigned, "--require-signature", code=4)


def test_a_signed_bundle_without_a_key_ends_with_4_unless_that_is_allowed(
    signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--allow-unchecked" in said(capsys, "bundle", "verify", signed, code=4)
    assert "verdict: unchecked" in said(capsys, "bundle", "verify", signed, "--allow-unchecked")


def test_an_older_bundle_is_refused_until_that_is_wanted(
    tmp_path: Path, unsigned: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state.mkdir(parents=True)
    (state / "sequences.tsv").write_text(f"unsigned\t{EPOCH}\t2026-11-21T07:05:39Z\n", encoding="utf-8")
    said(capsys, "bundle", "verify", unsigned)
    (tmp_path / "older").mkdir()
    older = small_bundle(tmp_path / "older", epoch=EPOCH - 1)
    assert "--allow-downgrade" in said(capsys, "bundle", "verify", older, code=4)
    said(capsys, "bundle", "verify", older, "--allow-downgrade")
    assert (state / "sequences.tsv").read_text(encoding="utf-8").count("\n") == 1


def test_what_is_not_listed_is_removed_on_demand_and_the_rest_verified_again(
    folder: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "more").symlink_to("/etc")
    assert "--remove-extra" in said(capsys, "bundle", "verify", folder, "--key", public, code=4)
    out = said(capsys, "bundle", "verify", folder, "--key", public, "--remove-extra")
    assert "removed more" in out
    assert out.splitlines()[-1] == "verdict: valid"


def test_of_a_damaged_bundle_nothing_is_removed(
    folder: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "more").touch()
    (folder / "README.md").write_bytes(b"other")
    out = said(capsys, "bundle", "verify", folder, "--key", public, "--remove-extra", code=4)
    assert out.splitlines()[-1] == "verdict: changed"
    assert (folder / "more").exists()


def test_nothing_can_be_removed_from_a_tarball(
    signed: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no folder" in said(capsys, "bundle", "verify", signed, "--key", public, "--remove-extra", code=2)


def test_the_first_hundred_problems_are_told_and_all_are_counted(
    folder: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(250):
        (folder / f"more-{number}").write_bytes(b"")
    out = said(capsys, "bundle", "verify", folder, "--key", public, code=4)
    assert out.count("unlisted: more-") == 100
    assert "… and 150 more" in out
    document = as_json(capsys, folder, "--key", public, code=4)
    assert (len(document["problems"]), document["problem_count"]) == (100, 250)


def as_json(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(said(capsys, "--json", "bundle", "verify", *arguments, code=code))
    return document


def test_names_cannot_steer_the_terminal(
    folder: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.close(os.open(os.fsencode(folder) + b"/\xff\x1b[2J\nverdict: valid", os.O_CREAT))
    out = said(capsys, "bundle", "verify", folder, "--key", public, code=4)
    assert "\x1b" not in out
    assert "verdict: valid" not in out.splitlines()
    assert as_json(capsys, folder, "--key", public, code=4)["problems"][0]["path"].startswith("\\udcff\\x1b")
    assert "removed \\udcff" in said(capsys, "bundle", "verify", folder, "--key", public, "--remove-extra")


@pytest.mark.parametrize("given", ["none.tar.gz", "--key=none"])
def test_what_is_not_there_is_missing(signed: Path, capsys: pytest.CaptureFixture[str], given: str) -> None:
    if given.startswith("--key"):
        assert "none" in said(capsys, "bundle", "verify", signed, given, code=3)
    else:
        assert "none" in said(capsys, "bundle", "verify", given, code=2)


def test_what_is_no_bundle_is_said_so_with_the_way_on(
    tmp_path: Path, signed: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    out = said(capsys, "bundle", "verify", tmp_path / "empty", code=4)
    assert "It is no bundle" in out
    assert out.splitlines()[-1] == "verdict: missing"
    with tarfile.open(tmp_path / "old.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "empty", "kamiwaza-extension-registry")
    for command in ("verify", "inspect"):
        assert "catalog bundle adopt" in said(capsys, "bundle", command, tmp_path / "old.tar.gz", code=4)
    split(signed, 50_000, tmp_path / "parts", Silence().transferred)
    for path in sorted((tmp_path / "parts").glob("*.part*")):
        if path.suffix != ".sha256":
            assert "catalog bundle join" in said(capsys, "bundle", "verify", path, "--key", public, code=4)


@pytest.fixture
def delta(tmp_path: Path, signed: Path, key: Path) -> Path:
    """What a bundle with one more file adds to the signed one."""
    secret = load_private_key(key, None)
    files = bundle_files(key_id(secret.public_key()), EPOCH + 60, {"site/more": b"more"})
    listed = bundle_sums(files)
    head = (("SHA256SUMS", listed), ("SHA256SUMS.sig", sign(secret, hashlib.sha256(listed).digest())))
    packed = [*files, *(PackedFile.of(path, content) for path, content in head)]
    path = tmp_path / "x.delta.tar.gz"
    write_delta(path, signed, packed, EPOCH + 60, Silence().transferred)
    return path


def test_a_delta_is_named_as_one_with_what_it_needs(
    tmp_path: Path, folder: Path, delta: Path, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = f"sha256:{hashlib.sha256((folder / 'SHA256SUMS').read_bytes()).hexdigest()}"
    out = said(capsys, "bundle", "verify", delta, "--key", public)
    assert "It is a delta" in out
    assert "catalog bundle apply-delta" in out
    assert base in out
    assert "images" not in out
    assert json.loads(said(capsys, "--json", "bundle", "verify", delta, "--key", public))["base"] == base
    assert json.loads(said(capsys, "--json", "bundle", "verify", folder, "--key", public))["base"] is None
    out = said(capsys, "bundle", "verify", unpacked(delta, tmp_path / "delta"), "--key", public, code=4)
    assert "it is a delta" in out
    assert "catalog bundle apply-delta" in out


def test_a_private_key_checks_nothing(signed: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "bundle", "verify", signed, "--key", key, code=2)
    assert "no public key" in out
    assert f"its public half is {key}.pub" in out


def test_a_key_with_a_passphrase_has_a_public_half_without(
    tmp_path: Path, signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_key(tmp_path / "release.key", SECRET.encode())
    assert "wrong-key" in said(
        capsys, "bundle", "verify", signed, "--key", tmp_path / "release.key.pub", code=4
    )
