"""Reads what a delta says, and holds its parts against one another before any of them is used."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle import sums
from catalog.bundle.delta_note import DELTA_NOTE, DeltaNote
from catalog.bundle.delta_note import MAX_BYTES as MAX_NOTE
from catalog.bundle.manifest import MAX_BYTES as MAX_MANIFEST
from catalog.bundle.manifest import BundleManifest, utc
from catalog.bundle.seal import MAX_SIGNATURE, Head
from catalog.bundle.stored_tar import StoredTar, open_stored
from catalog.errors import IntegrityError, UsageError
from catalog.registry.layout import BUNDLE_HEAD, BUNDLE_MANIFEST, SUMS, SUMS_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Delta(Struct, frozen=True):
    """A delta that is open.

    `manifest` is that of the new bundle, with its base; `head` what the new bundle begins with, not yet
    believed; `carried` maps digests to the paths of the contents that the delta has.
    """

    tar: StoredTar
    manifest: BundleManifest
    note: DeltaNote
    head: Head
    carried: Mapping[str, str]


@contextmanager
def open_delta(path: Path) -> Iterator[Delta]:
    """The delta at `path`.

    Raises:
        UsageError: it is a whole bundle.
        MissingError: it cannot be read.
        IntegrityError: it is not in the form of a delta, or its parts contradict one another.
    """
    with open_stored(path) as tar:
        manifest = BundleManifest.from_bytes(tar.content(str(BUNDLE_MANIFEST), MAX_MANIFEST))
        if manifest.base is None:
            raise UsageError(
                f"{path} is a whole bundle, no delta.", "Name the old bundle first: apply-delta OLD DELTA"
            )
        note = DeltaNote.from_bytes(tar.content(DELTA_NOTE, MAX_NOTE))
        if (note.base.sums, note.base.sequence) != (manifest.base.sums, manifest.base.sequence):
            raise refused(path, f"{BUNDLE_MANIFEST} and {DELTA_NOTE} name different old bundles")
        _require_time(path, manifest)
        head = _head(tar, manifest.model_copy(update={"base": None}))
        yield Delta(tar, manifest, note, head, _carried(tar, sums.parse(head.sums)))


def refused(path: Path, why: str) -> IntegrityError:
    """The error for a delta that cannot be used."""
    return IntegrityError(f"{path} is refused: {why}.", "Copy the delta again from where it was made.")


def _require_time(path: Path, manifest: BundleManifest) -> None:
    try:
        is_sound = utc(manifest.sequence) == manifest.created
    except (ValueError, OverflowError, OSError):
        is_sound = False
    if not is_sound:
        raise refused(path, f"the times in its {BUNDLE_MANIFEST} contradict each other")


def _head(tar: StoredTar, manifest: BundleManifest) -> Head:
    """The first members of the new bundle."""
    is_signed = tar.size(str(SUMS_SIGNATURE)) is not None
    signature = tar.content(str(SUMS_SIGNATURE), MAX_SIGNATURE) if is_signed else None
    return Head(manifest.to_bytes(), tar.content(str(SUMS), sums.MAX_BYTES), signature)


def _carried(tar: StoredTar, digests: Mapping[str, str]) -> dict[str, str]:
    own = {DELTA_NOTE, *(str(path) for path in BUNDLE_HEAD)}
    paths = [path for path in tar.members if path not in own]
    unlisted = [path for path in paths if path not in digests]
    if unlisted:
        raise refused(tar.path, f"{SUMS} does not name its {unlisted[0]}")
    return {digests[path]: path for path in paths}
