"""Keys that sign bundles: ECDSA P-256 in PEM, which `openssl dgst` checks on every server, FIPS or not."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from catalog.bundle.output import disk_errors, open_regular, read_errors
from catalog.errors import ConflictError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES = 64 * 1024
_MAX_PASSPHRASE = 1023  # bytes that OpenSSL takes
_PRIVATE_MODE = 0o600
_PUBLIC_MODE = 0o644
_PRIVATE = b"PRIVATE KEY-----"
_KIND = (
    "Bundles are signed with ECDSA P-256, which every server checks, in FIPS mode too. "
    "Make such a key with: catalog keygen release.key"
)


def public_path(private: Path) -> Path:
    """Where the public half of a new key goes."""
    return private.with_name(f"{private.name}.pub")


def new_key(path: Path, passphrase: bytes | None) -> str:
    """Write a new private key to `path` (0600, encrypted if there is a passphrase) and `path.pub`; its id.

    Raises:
        ConflictError: one of the files is there already.
        MissingError: the disk refuses.
        UsageError: the passphrase is too long.
    """
    if passphrase and len(passphrase) > _MAX_PASSPHRASE:
        raise UsageError(f"A passphrase has at most {_MAX_PASSPHRASE:,} bytes.", "Give a shorter one.")
    public = public_path(path)
    for taken in (path, public):
        if os.path.lexists(taken):
            raise ConflictError(
                f"{taken} is there already, and keys are never replaced.", "Name another file."
            )
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    private_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    _create(path, private_pem, _PRIVATE_MODE)
    try:
        _create(public, public_pem(key.public_key()), _PUBLIC_MODE)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return key_id(key.public_key())


def load_private_key(path: Path, passphrase: bytes | None) -> ec.EllipticCurvePrivateKey:
    """The private key in `path`.

    Raises:
        MissingError: it cannot be read.
        UsageError: it is no ECDSA P-256 key in PEM, or the passphrase does not fit.
    """
    try:
        key = serialization.load_pem_private_key(_content(path), passphrase)
    except TypeError:
        problem = "has no passphrase, but one was given" if passphrase else "needs a passphrase"
        raise UsageError(f"The key {path} {problem}.", "See: catalog package --help") from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path} is no private key in PEM, or the passphrase is wrong.", _KIND) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(f"The key {path} is not an ECDSA P-256 key.", _KIND)
    return key


def is_encrypted(path: Path) -> bool:
    """Whether the private key in `path` needs a passphrase.

    Raises:
        MissingError: it cannot be read.
    """
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in _content(path)


def load_public_key(path: Path) -> ec.EllipticCurvePublicKey:
    """The public key in `path`.

    Raises:
        MissingError: it cannot be read.
        UsageError: it is no ECDSA P-256 key in PEM.
    """
    content = _content(path)
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        hint = (
            f"It is a private key; its public half is {public_path(path)}." if _PRIVATE in content else _KIND
        )
        raise UsageError(f"{path} is no public key in PEM.", hint) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(f"The key {path} is not an ECDSA P-256 key.", _KIND)
    return key


def key_id(key: ec.EllipticCurvePublicKey) -> str:
    """`sha256:<hex>` of the public key in DER (SubjectPublicKeyInfo)."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def public_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    """The public key as a PEM file holds it."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _content(path: Path) -> bytes:
    with read_errors(path), open_regular(path) as file:
        return file.read(_MAX_BYTES)


def _create(path: Path, content: bytes, mode: int) -> None:
    with disk_errors(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
