"""Verifies a bundle, packed or unpacked, and says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.bundle.sequences import state_folder
from catalog.bundle.verdict import Policy, Problem, Verdict, Verification
from catalog.bundle.verify import verify_bundle
from catalog.bundle.verify_tree import remove_unlisted
from catalog.errors import IntegrityError, UsageError
from catalog.model.visible import visible
from catalog.operations.progress import Silence
from catalog.operations.result import PathField, Request, Result

if TYPE_CHECKING:
    from catalog.operations.progress import Progress

MOST_SHOWN = 100
"""Problems that are told one by one."""


class VerifyRequest(Request):
    """What is verified and how strictly; `key` is a public key's file.

    `remove_extra` deletes from an unpacked folder what is not listed, and verifies again, unless something
    else is wrong.
    """

    path: PathField
    key: PathField | None = None
    require_signature: bool = False
    allow_unchecked: bool = False
    allow_downgrade: bool = False
    remove_extra: bool = False


class VerifyProblem(Request):
    """One thing that is wrong, as `catalog.bundle.verdict.Problem`."""

    verdict: Verdict
    path: str
    message: str


class VerifyResult(Result):
    """The verdict; `problems` has the first hundred of `problem_count`, `signer` is whom the bundle names.

    `base` is None but for a delta: `sha256:<hex>` of the SHA256SUMS of the bundle that it builds on.
    """

    path: PathField
    verdict: Verdict
    accepted: bool
    problems: tuple[VerifyProblem, ...] = ()
    problem_count: int = 0
    removed: tuple[str, ...] = ()
    signer: str | None = None
    created: str = ""
    base: str | None = None
    files: int = 0
    images: int = 0
    bytes: int = 0

    @property
    def exit_code(self) -> int:
        """4 when the bundle is refused."""
        return self.DONE if self.accepted else IntegrityError.exit_code


def bundle_verify(request: VerifyRequest, progress: Progress | None = None) -> VerifyResult:
    """Verify what the request names.

    Raises:
        MissingError: it cannot be read, or something unlisted cannot be removed.
        UsageError: the key is no ECDSA P-256 key, or something is to be removed from a tarball.
    """
    if request.remove_extra and not request.path.is_dir():
        raise UsageError(f"{request.path} is no folder, so that nothing can be removed from it.")
    listener = progress or Silence()
    policy = Policy(
        key=request.key,
        require_signature=request.require_signature,
        allow_unchecked=request.allow_unchecked,
        allow_downgrade=request.allow_downgrade,
        state=state_folder(),
    )
    found = verify_bundle(request.path, policy, listener.transferred)
    removed: tuple[str, ...] = ()
    # Only if that is the gravest: a damaged list names too few.
    if request.remove_extra and found.verdict is Verdict.UNLISTED:
        removed = tuple(one.path for one in found.problems)
        remove_unlisted(request.path, removed)
        found = verify_bundle(request.path, policy, listener.transferred) if removed else found
    return _result(request, found, removed)


def _result(request: VerifyRequest, found: Verification, removed: tuple[str, ...]) -> VerifyResult:
    manifest = found.manifest
    return VerifyResult(
        path=request.path,
        verdict=found.verdict,
        accepted=found.accepted,
        problems=tuple(map(_problem, found.problems[:MOST_SHOWN])),
        problem_count=len(found.problems),
        removed=tuple(map(visible, removed)),
        signer=manifest.signer.key if manifest and manifest.signer else None,
        created=manifest.created if manifest else "",
        base=manifest.base.sums if manifest and manifest.base else None,
        files=found.files,
        images=len(manifest.images) if manifest else 0,
        bytes=found.bytes,
    )


def _problem(problem: Problem) -> VerifyProblem:
    return VerifyProblem(
        verdict=problem.verdict, path=visible(problem.path), message=visible(problem.message)
    )
