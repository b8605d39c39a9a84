"""Bundles are signed with ECDSA P-256, by our program or by openssl, and each checks the other's."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from catalog.bundle.keys import is_encrypted, key_id, load_private_key, load_public_key, new_key, public_path
from catalog.bundle.signing import is_valid, sign
from catalog.errors import ConflictError, MissingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

SECRET = b"open sesame"
STRANGERS: dict[str, PrivateKeyTypes] = {
    "RSA": rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "secp256k1": ec.generate_private_key(ec.SECP256K1()),
}


def openssl(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False)


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def test_openssl_accepts_our_signatures_and_no_others(signed: Path, public: Path, other_public: Path) -> None:
    signature = f"{signed}.sig"
    check = ("dgst", "-sha256", "-signature", signature, "-verify")
    assert openssl(*check, public, signed).stdout == b"Verified OK\n"
    assert openssl(*check, other_public, signed).returncode != 0
    assert openssl(*check, public, f"{signed}.sha256").returncode != 0


def test_we_accept_signatures_of_openssl_with_a_key_of_openssl(tmp_path: Path) -> None:
    private, public = tmp_path / "key", tmp_path / "key.pub"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    content = tmp_path / "content"
    content.write_bytes(b"content")
    signature = openssl("dgst", "-sha256", "-sign", private, content).stdout
    key = load_public_key(public)
    assert is_valid(key, sha256(b"content"), signature)
    assert not is_valid(key, sha256(b"other"), signature)
    assert key_id(load_private_key(private, None).public_key()) == key_id(key)


def test_the_id_of_a_key_is_what_openssl_says_of_its_der(public: Path, tmp_path: Path) -> None:
    openssl("pkey", "-pubin", "-in", public, "-outform", "DER", "-out", tmp_path / "der")
    said = openssl("dgst", "-sha256", "-r", tmp_path / "der").stdout.split()[0].decode()
    assert key_id(load_public_key(public)) == f"sha256:{said}"


def test_a_signature_is_always_the_same(key: Path) -> None:
    secret = load_private_key(key, None)
    assert sign(secret, sha256(b"content")) == sign(load_private_key(key, None), sha256(b"content"))
    assert sign(secret, sha256(b"content")) != sign(secret, sha256(b"other"))


@given(signature=st.binary(max_size=300))
def test_what_is_no_signature_is_not_valid(signature: bytes) -> None:
    key = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    assert not is_valid(key, sha256(b"content"), signature)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_signature_with_one_bit_changed_is_not_valid(place: int, bit: int) -> None:
    secret = ec.derive_private_key(7, ec.SECP256R1())
    signature = bytearray(sign(secret, sha256(b"content")))
    signature[place % len(signature)] ^= 1 << bit
    assert not is_valid(secret.public_key(), sha256(b"content"), bytes(signature))


@pytest.mark.parametrize("more", [b"\0", b"\n", b"x" * 300])
def test_a_signature_with_something_behind_it_is_not_valid(more: bytes) -> None:
    secret = ec.derive_private_key(7, ec.SECP256R1())
    signature = sign(secret, sha256(b"content"))
    assert not is_valid(secret.public_key(), sha256(b"content"), signature + more)


def test_a_new_key_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "release.key"
    made = new_key(path, None)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_path(path).stat().st_mode & 0o777 == 0o644
    assert made == key_id(load_public_key(public_path(path)))
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----\n")


def test_a_passphrase_encrypts_the_key(tmp_path: Path) -> None:
    path = tmp_path / "release.key"
    made = new_key(path, SECRET)
    assert is_encrypted(path)
    assert key_id(load_private_key(path, SECRET).public_key()) == made
    assert openssl("pkey", "-in", path, "-passin", "pass:wrong").returncode != 0
    assert openssl("pkey", "-in", path, "-passin", f"pass:{SECRET.decode()}", "-noout").returncode == 0


@pytest.mark.parametrize(
    ("made_with", "read_with", "message"),
    [
        (SECRET, None, "needs a passphrase"),
        (SECRET, b"wrong", "the passphrase is wrong"),
        (None, SECRET, "has no passphrase, but one was given"),
    ],
)
def test_a_passphrase_that_does_not_fit_is_said(
    tmp_path: Path, made_with: bytes | None, read_with: bytes | None, message: str
) -> None:
    path = tmp_path / "release.key"
    new_key(path, made_with)
    with pytest.raises(UsageError, match=message):
        load_private_key(path, read_with)


@pytest.mark.parametrize("taken", ["release.key", "release.key.pub"])
@pytest.mark.parametrize("is_link", [False, True])
def test_a_key_never_replaces_anything(tmp_path: Path, taken: str, *, is_link: bool) -> None:
    if is_link:
        (tmp_path / taken).symlink_to("nowhere")
    else:
        (tmp_path / taken).write_bytes(b"mine")
    with pytest.raises(ConflictError, match=taken):
        new_key(tmp_path / "release.key", None)
    assert [path.name for path in tmp_path.iterdir()] == [taken]


def test_a_private_key_without_room_for_its_public_half_is_taken_back(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="too long"):
        new_key(tmp_path / ("k" * 252), None)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_keeps_no_half_of_a_key(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path; from catalog.bundle.keys import new_key;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); new_key(Path(sys.argv[1]), None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "release.key"], capture_output=True, text=True, check=False
    )
    assert "MissingError" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_no_place_for_a_key(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot be written"):
        new_key(tmp_path / "none" / "release.key", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", STRANGERS)
def test_other_kinds_of_keys_are_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    stranger = STRANGERS[kind]
    private, public = tmp_path / "key", tmp_path / "key.pub"
    private.write_bytes(
        stranger.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public.write_bytes(
        stranger.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    for load in (lambda: load_private_key(private, None), lambda: load_public_key(public)):
        with pytest.raises(UsageError, match="not an ECDSA P-256 key") as refused:
            load()
        assert "FIPS" in refused.value.hint


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no public key"):
        load_public_key(path)
    with pytest.raises(UsageError, match="no private key"):
        load_private_key(path, None)


def test_the_two_halves_are_not_taken_for_each_other(key: Path, public: Path) -> None:
    with pytest.raises(UsageError):
        load_public_key(key)
    with pytest.raises(UsageError):
        load_private_key(public, None)


def test_a_key_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        load_public_key(tmp_path / "none")
