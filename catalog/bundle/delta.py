"""Writes a delta: what a new bundle has and an old one lacks, and enough to make the new one, bit for bit."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from catalog.bundle.contents import contents_of
from catalog.bundle.delta_note import DELTA_NOTE, BaseBundle, DeltaNote, WholeBundle
from catalog.bundle.manifest import Base, BundleManifest
from catalog.bundle.packed import PackedFile
from catalog.bundle.stored_gzip import StoredGzip
from catalog.bundle.tar_writer import canonical_order, tar_chunks, write_bundle
from catalog.registry.layout import BUNDLE_HEAD, BUNDLE_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from catalog.bundle.bundle_diff import BundleContents
    from catalog.bundle.progress import Transferred

_HEAD = {str(path) for path in BUNDLE_HEAD}


def write_delta(
    target: Path, old: Path, files: Sequence[PackedFile], epoch: int, progress: Transferred
) -> str:
    """Write to `target` what `catalog.bundle.delta_apply` needs to make the bundle of `files` out of `old`.

    Args:
        target: where it goes; what is there is replaced at the end.
        old: a bundle that the receiver has: a tarball or an unpacked folder.
        files: every file of the new bundle, bundle.json, SHA256SUMS and its signature among them.
        epoch: the time of every member, in seconds.
        progress: is told the bytes that are through.

    Returns:
        SHA-256 of the delta, in hexadecimal.

    Raises:
        UsageError: `old` is a delta itself.
        MissingError: a file cannot be read, or the disk refuses.
        IntegrityError: `old` is not in the form of a bundle, or a file is not what its record says.
    """
    before = contents_of(old)
    head = {file.path: file for file in files if file.path in _HEAD}
    manifest = _manifest(head, before)
    note = _note(before, _whole(files, epoch, progress))
    head[str(BUNDLE_MANIFEST)] = PackedFile.of(str(BUNDLE_MANIFEST), manifest.to_bytes())
    members = [*head.values(), PackedFile.of(DELTA_NOTE, note.to_bytes()), *_carried(files, before)]
    return write_bundle(target, members, epoch, progress)


def _manifest(head: dict[str, PackedFile], before: BundleContents) -> BundleManifest:
    """The new bundle's manifest, which says that here it is a delta."""
    content = head[str(BUNDLE_MANIFEST)].content
    manifest = BundleManifest.from_bytes(content if isinstance(content, bytes) else content.read_bytes())
    return manifest.model_copy(update={"base": Base(sums=before.sums, sequence=before.manifest.sequence)})


def _note(before: BundleContents, whole: WholeBundle) -> DeltaNote:
    manifest = before.manifest
    base = BaseBundle(sums=before.sums, sequence=manifest.sequence, created=manifest.created)
    return DeltaNote(base=base, result=whole)


def _whole(files: Sequence[PackedFile], epoch: int, progress: Transferred) -> WholeBundle:
    """What the whole bundle would be, had it been written."""
    digest = hashlib.sha256()
    size = 0

    def put(contents: Sequence[Buffer]) -> None:
        nonlocal size
        for content in contents:
            size += memoryview(content).nbytes
            digest.update(content)

    gzip = StoredGzip(put)
    for chunk in tar_chunks(files, epoch, progress):
        gzip.write(chunk)
    gzip.close()
    return WholeBundle(sha256=f"sha256:{digest.hexdigest()}", size=size)


def _carried(files: Sequence[PackedFile], before: BundleContents) -> Iterator[PackedFile]:
    """One file for each content that the old bundle lacks: the first of those that have it."""
    had = {fact.sha256 for fact in before.files.values()}
    by_path = {file.path: file for file in files if file.path not in _HEAD}
    for path in canonical_order(by_path):
        if by_path[path].sha256 not in had:
            had.add(by_path[path].sha256)
            yield by_path[path]
