"""Signatures: deterministic ECDSA (RFC 6979) over a SHA-256, in DER as `openssl dgst` reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey


def sign(key: EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """The signature of what has the SHA-256 `digest` (32 bytes); always the same for the same key."""
    return key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()), deterministic_signing=True))


def is_valid(key: EllipticCurvePublicKey, digest: bytes, signature: bytes) -> bool:
    """Whether `signature` is one of `key` over the SHA-256 `digest`."""
    try:
        key.verify(signature, digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True
