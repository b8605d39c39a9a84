"""Reads what a bundle says of itself, without hashing its files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from catalog.bundle import sums
from catalog.bundle.bundle_diff import BundleContents, FileFact
from catalog.bundle.manifest import MAX_BYTES, BundleManifest, utc
from catalog.bundle.open_bundle import open_bundle
from catalog.errors import IntegrityError, UsageError
from catalog.registry.layout import BUNDLE_MANIFEST, SUMS

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.bundle.open_bundle import OpenBundle


def contents_of(path: Path) -> BundleContents:
    """The contents of the bundle at `path`, a tarball or an unpacked folder.

    Raises:
        UsageError: it is a delta, which has no contents of its own.
        MissingError: it cannot be read.
        IntegrityError: it is not in the form of a bundle, or lacks a listed file.
    """
    with open_bundle(path) as bundle:
        return read_contents(bundle)


def read_contents(bundle: OpenBundle) -> BundleContents:
    """The bundle's manifest, and the digest and the size of each listed file; errors as `contents_of`."""
    text = bundle.content(str(BUNDLE_MANIFEST), MAX_BYTES)
    listed = bundle.content(str(SUMS), sums.MAX_BYTES)
    manifest = BundleManifest.from_bytes(text)
    if manifest.base is not None:
        raise UsageError(
            f"{bundle.path} is a delta: it has only what the bundle of {utc(manifest.base.sequence)} lacks.",
            f"Make the whole bundle of it: catalog bundle apply-delta OLD {bundle.path.name}",
        )
    digests = sums.parse(listed)
    if hashlib.sha256(text).hexdigest() != digests[str(BUNDLE_MANIFEST)]:
        raise _damaged(bundle, f"{BUNDLE_MANIFEST} is not what {SUMS} says")
    facts = {path: FileFact(digest, _size(bundle, path)) for path, digest in digests.items()}
    return BundleContents(manifest, f"sha256:{hashlib.sha256(listed).hexdigest()}", facts)


def _size(bundle: OpenBundle, path: str) -> int:
    size = bundle.size(path)
    if size is None:
        raise _damaged(bundle, f"{path} is missing")
    return size


def _damaged(bundle: OpenBundle, why: str) -> IntegrityError:
    return IntegrityError(
        f"{bundle.path}: {why}.", f"See what else is wrong: catalog bundle verify {bundle.path}"
    )
