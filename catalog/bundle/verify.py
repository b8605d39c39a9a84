"""Verifies a bundle, packed or unpacked; no engine is ever called, and nothing is unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.bundle.delta_verify import is_delta, verify_delta
from catalog.bundle.verify_tar import verify_tar
from catalog.bundle.verify_tree import verify_tree

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.bundle.progress import Transferred
    from catalog.bundle.verdict import Policy, Verification


def verify_bundle(path: Path, policy: Policy, progress: Transferred) -> Verification:
    """What can be said of the bundle at `path`: a tarball, a delta or an unpacked folder.

    Raises:
        MissingError: it cannot be read.
        UsageError: the policy's key is no key.
    """
    if path.is_dir():
        return verify_tree(path, policy, progress)
    return (verify_delta if is_delta(path) else verify_tar)(path, policy, progress)
