"""Makes a new bundle out of an old one and a delta."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catalog.bundle.companions import write_new
from catalog.bundle.delta_apply import apply_delta
from catalog.bundle.sequences import state_folder
from catalog.bundle.sidecar import sidecar, to_line
from catalog.bundle.verdict import Policy
from catalog.operations.result import PathField, Request, Result

if TYPE_CHECKING:
    from catalog.operations.progress import Progress


class ApplyRequest(Request):
    """The old bundle, the delta, where the new one goes (default: beside the delta), and a public key.

    `allow_downgrade` takes a bundle that is older than one that this machine has seen.
    """

    old: Path
    delta: Path
    out: Path | None = None
    key: Path | None = None
    allow_downgrade: bool = False


class ApplyResult(Result):
    """The new bundle: its file, SHA-256, bytes, time and sequence.

    `signer` is the id of the key that signed it, None for nobody; `is_checked` says whether a given key has
    checked that; `is_written` is false when the bundle was there already.
    """

    path: PathField
    sha256: str
    size: int
    created: str
    sequence: int
    signer: str | None
    is_checked: bool
    is_written: bool


def bundle_apply_delta(request: ApplyRequest, progress: Progress) -> ApplyResult:
    """Make the new bundle and its `.sha256`.

    Raises:
        UsageError: the files are not what they should be, or the key is none.
        ConflictError, MissingError, IntegrityError: as `catalog.bundle.delta_apply.apply_delta`.
    """
    policy = Policy(
        key=request.key,
        allow_unchecked=True,
        allow_downgrade=request.allow_downgrade,
        state=state_folder(),
    )
    out = request.out or request.delta.parent
    applied = apply_delta(request.old, request.delta, out, progress.transferred, policy)
    digest = applied.whole.sha256.removeprefix("sha256:")
    if not sidecar(applied.path).exists():
        write_new(sidecar(applied.path), to_line(digest, applied.path.name))
    return ApplyResult(
        path=applied.path,
        sha256=digest,
        size=applied.whole.size,
        created=applied.manifest.created,
        sequence=applied.manifest.sequence,
        signer=applied.manifest.signer.key if applied.manifest.signer else None,
        is_checked=request.key is not None,
        is_written=applied.is_written,
    )
