"""What lies beside a tarball: `.sha256` and `.sig`, held against the whole file as it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from catalog.bundle import sidecar
from catalog.bundle.background_hash import BackgroundHash
from catalog.bundle.keys import load_public_key
from catalog.bundle.output import open_regular
from catalog.bundle.seal import MAX_SIGNATURE
from catalog.bundle.signing import is_valid
from catalog.bundle.verdict import Policy, Problem, Verdict
from catalog.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path


class OuterCheck:
    """Is told every byte of the file; where nothing lies beside it, nothing is hashed."""

    def __init__(self, path: Path, policy: Policy) -> None:
        self._path = path
        self._key = policy.key
        self._signature = path.with_name(f"{path.name}.sig")
        is_needed = sidecar.sidecar(path).exists() or (policy.key is not None and self._signature.exists())
        self._digest = BackgroundHash() if is_needed else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._digest:
            self._digest.__exit__(*failure)

    def add(self, piece: bytes) -> None:
        """Take note of what was read."""
        if self._digest:
            self._digest.add(piece)

    def problems(self) -> tuple[Problem, ...]:
        """What does not fit, once the whole file was read."""
        if self._digest is None:
            return ()
        digest = self._digest.finish()
        found = (self._digest_problem(digest), self._signature_problem(digest))
        return tuple(problem for problem in found if problem)

    def _digest_problem(self, digest: str) -> Problem | None:
        beside = sidecar.sidecar(self._path)
        try:
            expected = sidecar.read(beside, self._path.name)
        except IntegrityError as error:
            return Problem(Verdict.BAD_FORM, beside.name, error.message)
        if expected not in {None, digest}:
            return Problem(Verdict.CHANGED, beside.name, f"it does not fit {self._path.name}")
        return None

    def _signature_problem(self, digest: str) -> Problem | None:
        if self._key is None:
            return None
        try:
            with open_regular(self._signature) as file:
                signature = file.read(MAX_SIGNATURE + 1)
        except FileNotFoundError:
            return None
        except OSError:
            return Problem(Verdict.BAD_SIGNATURE, self._signature.name, "it cannot be read")
        if is_valid(load_public_key(self._key), bytes.fromhex(digest), signature):
            return None
        return Problem(Verdict.BAD_SIGNATURE, self._signature.name, "it does not fit the bundle")
