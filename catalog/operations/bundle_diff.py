"""Tells what changes from one bundle to another, and how much must be carried for it."""

from __future__ import annotations

from pathlib import Path

from catalog.bundle.bundle_diff import BundleDiff, compare
from catalog.bundle.contents import contents_of
from catalog.operations.result import Request, Result, StructField


class DiffRequest(Request):
    """Two bundles, each a tarball or an unpacked folder, and whether a difference is a failure."""

    old: Path
    new: Path
    fail_on_difference: bool = False


class BundleIdentity(Result):
    """Which bundle it is: its time and platform, how many extensions and images, and its files' bytes."""

    created: str
    sequence: int
    platform: str
    extensions: int
    images: int
    bytes: int


class DiffResult(Result):
    """Both bundles, and everything that differs."""

    old: BundleIdentity
    new: BundleIdentity
    diff: StructField[BundleDiff]
    fail_on_difference: bool

    @property
    def exit_code(self) -> int:
        """1 when they differ and that was asked for."""
        return self.FOUND if self.fail_on_difference and not self.diff.is_same else self.DONE


def bundle_diff(request: DiffRequest) -> DiffResult:
    """Compare two bundles by what they say of themselves; neither is verified.

    Raises:
        UsageError, MissingError, IntegrityError: as `catalog.bundle.contents.contents_of`.
    """
    old, new = contents_of(request.old), contents_of(request.new)
    identities = [
        BundleIdentity(
            created=one.manifest.created,
            sequence=one.manifest.sequence,
            platform=one.manifest.platform,
            extensions=len(one.manifest.extensions),
            images=len(one.manifest.images),
            bytes=sum(fact.size for fact in one.files.values()),
        )
        for one in (old, new)
    ]
    return DiffResult(
        old=identities[0],
        new=identities[1],
        diff=compare(old, new),
        fail_on_difference=request.fail_on_difference,
    )
