"""Compares two bundles by what is in them: extensions by version, images by digest, files by content."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from catalog.bundle.manifest import BundledExtension, BundledImage, BundleManifest


class Change(StrEnum):
    """What became of something between two bundles."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    CHANGED = "changed"


class FileFact(Struct, frozen=True):
    """SHA-256 as 64 hexadecimal digits, and the size in bytes."""

    sha256: str
    size: int


class BundleContents(Struct, frozen=True):
    """What a bundle says of itself, with the SHA-256 (64 hexadecimal digits) and the bytes of each file.

    `files` maps paths to both; `sums` is the `sha256:<hex>` of its SHA256SUMS.
    """

    manifest: BundleManifest
    sums: str
    files: Mapping[str, FileFact]


class ExtensionChange(Struct, frozen=True):
    """An extension that is not the same in both; a version is empty where it is not there."""

    kind: str
    name: str
    change: Change
    old: str
    new: str


class ImageChange(Struct, frozen=True):
    """A reference that does not stand for the same image in both.

    `old` and `new` are the image IDs (config digests), empty where there is none; `bytes` is what the blobs
    of the new image weigh, 0 for one that is gone.
    """

    ref: str
    change: Change
    old: str
    new: str
    bytes: int


class Transfer(Struct, frozen=True):
    """What must be carried from one bundle to the next: distinct contents, blobs among them, and bytes."""

    files: int
    bytes: int
    blobs: int
    blob_bytes: int


class BundleDiff(Struct, frozen=True):
    """Everything that differs; `is_same` when the signed lists are the same."""

    is_same: bool
    extensions: tuple[ExtensionChange, ...]
    images: tuple[ImageChange, ...]
    transfer: Transfer


def compare(old: BundleContents, new: BundleContents) -> BundleDiff:
    """What is different in `new`."""
    return BundleDiff(
        is_same=old.sums == new.sums,
        extensions=tuple(_extensions(old.manifest.extensions, new.manifest.extensions)),
        images=tuple(_images(old.manifest, new.manifest)),
        transfer=_transfer(old, new),
    )


def _extensions(
    old: Iterable[BundledExtension], new: Iterable[BundledExtension]
) -> Iterator[ExtensionChange]:
    before = {(one.kind, one.name): one for one in old}
    after = {(one.kind, one.name): one for one in new}
    for kind, name in sorted(before.keys() | after.keys()):
        one, other = before.get((kind, name)), after.get((kind, name))
        if one != other:
            versions = (one.version if one else "", other.version if other else "")
            yield ExtensionChange(kind, name, _version_change(*versions), *versions)


def _version_change(old: str, new: str) -> Change:
    if not old or not new:
        return Change.REMOVED if old else Change.ADDED
    try:
        before, after = parse_version(old), parse_version(new)
    except ValueError:  # bundles of the older template carry whatever their authors wrote
        return Change.CHANGED
    if before == after:
        return Change.CHANGED
    return Change.UPGRADED if before < after else Change.DOWNGRADED


def _images(old: BundleManifest, new: BundleManifest) -> Iterator[ImageChange]:
    before = {one.ref: one for one in old.images}
    after = {one.ref: one for one in new.images}
    for ref in sorted(before.keys() | after.keys()):
        one, other = before.get(ref), after.get(ref)
        ids = (_id(one), _id(other))
        if ids[0] != ids[1] or _manifest(one) != _manifest(other):
            change = Change.ADDED if one is None else Change.REMOVED if other is None else Change.CHANGED
            yield ImageChange(ref, change, *ids, other.bytes if other else 0)


def _id(image: BundledImage | None) -> str:
    return image.config if image else ""


def _manifest(image: BundledImage | None) -> str:
    return image.manifest if image else ""


def _transfer(old: BundleContents, new: BundleContents) -> Transfer:
    had = {fact.sha256 for fact in old.files.values()}
    wanted = {fact.sha256: (path, fact.size) for path, fact in new.files.items() if fact.sha256 not in had}
    blobs = [size for path, size in wanted.values() if "/blobs/sha256/" in path]
    return Transfer(len(wanted), sum(size for _, size in wanted.values()), len(blobs), sum(blobs))
