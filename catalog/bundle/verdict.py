"""What a verifier is told, and what it says; the words are those of docs/reference/bundle-format.md."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.bundle.manifest import BundleManifest


class Verdict(StrEnum):
    """How it ends."""

    VALID = "valid"
    UNSIGNED = "unsigned"
    UNCHECKED = "unchecked"
    BAD_SIGNATURE = "bad-signature"
    WRONG_KEY = "wrong-key"
    UNSIGNED_REFUSED = "unsigned-refused"
    BAD_FORM = "bad-form"
    CHANGED = "changed"
    MISSING = "missing"
    UNLISTED = "unlisted"
    ROLLED_BACK = "rolled-back"


_ORDER = (Verdict.BAD_SIGNATURE, Verdict.BAD_FORM, Verdict.CHANGED, Verdict.MISSING, Verdict.UNLISTED)
"""Of several problems, the first of these is the verdict."""


class Policy(Struct, frozen=True):
    """What is asked of a bundle.

    `key` is the file of the public key that must have signed it; `state` the folder that remembers which
    bundles this machine has seen, None to look nowhere.
    """

    key: Path | None = None
    require_signature: bool = False
    allow_unchecked: bool = False
    allow_downgrade: bool = False
    state: Path | None = None


class Problem(Struct, frozen=True):
    """One thing that is wrong: `path` is relative to the bundle's top directory, or empty."""

    verdict: Verdict
    path: str
    message: str


class RefusedError(Exception):
    """A problem after which nothing more can be said."""

    def __init__(self, verdict: Verdict, message: str, path: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(verdict, path, message)


class Verification(Struct, frozen=True):
    """What came of a verification; `manifest` is None when it could not be trusted enough to be read."""

    verdict: Verdict
    accepted: bool
    problems: tuple[Problem, ...] = ()
    manifest: BundleManifest | None = None
    files: int = 0
    bytes: int = 0


def judged(
    seal: Verdict,
    policy: Policy,
    problems: tuple[Problem, ...],
    manifest: BundleManifest | None,
    counts: tuple[int, int],
) -> Verification:
    """The whole answer; `seal` is what the signature says: valid, unsigned or unchecked."""
    found = {problem.verdict for problem in problems}
    worst = next((verdict for verdict in _ORDER if verdict in found), None)
    accepted = worst is None and (seal is not Verdict.UNCHECKED or policy.allow_unchecked)
    return Verification(worst or seal, accepted, problems, manifest, *counts)
