"""The head of a bundle: its signature is checked first, then its list of digests, then its manifest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle import sequences, sums
from catalog.bundle.keys import key_id, load_public_key
from catalog.bundle.manifest import BundleManifest
from catalog.bundle.signing import is_valid
from catalog.bundle.verdict import Policy, RefusedError, Verdict
from catalog.errors import IntegrityError
from catalog.registry.layout import BUNDLE_MANIFEST, SUMS_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SIGNATURE = 256
"""Bytes of a signature file; ECDSA P-256 needs 72 at most."""

_DELTA = "it is a delta, and no bundle by itself; make one with: catalog bundle apply-delta OLD DELTA"


class Head(Struct, frozen=True):
    """What was read of the first three members, not yet believed; `signature` is None when there is none."""

    manifest: bytes
    sums: bytes
    signature: bytes | None


class Seal(Struct, frozen=True):
    """A head that holds: what the signature says, the digest of every file, the manifest."""

    verdict: Verdict
    digests: Mapping[str, str]
    manifest: BundleManifest


def checked(head: Head, policy: Policy) -> Seal:
    """The head, if it can be believed under this policy.

    Raises:
        RefusedError: it cannot.
        UsageError, MissingError: the policy's key is no key, or cannot be read.
    """
    verdict = _signature(head, policy)
    try:
        digests = sums.parse(head.sums)
        if hashlib.sha256(head.manifest).hexdigest() != digests[str(BUNDLE_MANIFEST)]:
            raise _other_manifest(head.manifest)
        manifest = BundleManifest.from_bytes(head.manifest)
    except IntegrityError as error:
        raise RefusedError(Verdict.BAD_FORM, error.message) from None
    if manifest.base is not None:
        raise RefusedError(Verdict.BAD_FORM, _DELTA, str(BUNDLE_MANIFEST))
    _check_signer(head, manifest, policy)
    _check_age(manifest, policy)
    return Seal(verdict, digests, manifest)


def _signature(head: Head, policy: Policy) -> Verdict:
    if head.signature is None:
        if policy.key or policy.require_signature:
            raise RefusedError(Verdict.UNSIGNED_REFUSED, "it is not signed, and a signature is required")
        return Verdict.UNSIGNED
    if policy.key is None:
        if not policy.allow_unchecked:
            raise RefusedError(Verdict.UNCHECKED, "it is signed, and no key was given to check that with")
        return Verdict.UNCHECKED
    key = load_public_key(policy.key)
    if is_valid(key, hashlib.sha256(head.sums).digest(), head.signature):
        return Verdict.VALID
    said = _said_signer(head.manifest)
    if said and said != key_id(key):
        raise RefusedError(Verdict.WRONG_KEY, f"it says that {said} signed it, which is another key")
    raise RefusedError(Verdict.BAD_SIGNATURE, "the signature does not fit", str(SUMS_SIGNATURE))


def _said_signer(content: bytes) -> str | None:
    """Whom an unbelieved manifest names, only to say which key was expected."""
    try:
        signer = BundleManifest.from_bytes(content).signer
    except IntegrityError:
        return None
    return signer.key if signer else None


def _other_manifest(content: bytes) -> RefusedError:
    """A manifest that is not the listed one, which is also what an unpacked delta has."""
    try:
        is_delta = BundleManifest.from_bytes(content).base is not None
    except IntegrityError:
        is_delta = False
    why = _DELTA if is_delta else "it is not what SHA256SUMS says"
    return RefusedError(Verdict.CHANGED, why, str(BUNDLE_MANIFEST))


def _check_signer(head: Head, manifest: BundleManifest, policy: Policy) -> None:
    """A signature that was taken away or added is noticed even without a key."""
    if manifest.signer and head.signature is None:
        raise RefusedError(Verdict.MISSING, "it was signed, and the signature is gone", str(SUMS_SIGNATURE))
    if head.signature is not None and manifest.signer is None:
        raise RefusedError(Verdict.BAD_FORM, "there is a signature of a bundle that was not signed")
    if policy.key and manifest.signer and manifest.signer.key != key_id(load_public_key(policy.key)):
        raise RefusedError(Verdict.BAD_FORM, "it names another signer than the one who signed it")


def _check_age(manifest: BundleManifest, policy: Policy) -> None:
    if policy.state is None or policy.allow_downgrade:
        return
    seen = sequences.seen(policy.state, manifest.signer.key if manifest.signer else sequences.UNSIGNED)
    if seen is not None and manifest.sequence < seen.sequence:
        raise RefusedError(
            Verdict.ROLLED_BACK,
            f"it is of {manifest.created}, and this machine has seen a newer one, of {seen.created}",
        )
