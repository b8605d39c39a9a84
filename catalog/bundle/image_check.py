"""Whether the images of a bundle fit together: table, folders, OCI manifests and blobs.

Everything is made again from the OCI manifests and compared, so that nothing an engine would read differs
from what the signed list covers.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from catalog.bundle.oci import blob_path, image_folder, oci_manifest
from catalog.bundle.packed import Blob, Layer, StoredImage
from catalog.bundle.verdict import Problem, Verdict
from catalog.registry.layout import BLOBS, BUNDLE_MANIFEST, IMAGES, IMAGES_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.bundle.manifest import BundledImage, BundleManifest

MAX_DOCUMENT = 4 * 1024 * 1024
"""Bytes of an OCI manifest; no registry takes larger ones."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NOWHERE = Path("/nonexistent")


def images_folder(manifest: BundleManifest) -> PurePosixPath:
    """Where the bundle keeps its images."""
    return PurePosixPath(manifest.garden[0]) / IMAGES


def documents(manifest: BundleManifest) -> frozenset[str]:
    """The files that `image_problems` wants to read."""
    folder = images_folder(manifest)
    names = ("oci-layout", "index.json", "manifest.json", "members")
    paths = {f"{folder}/images/{row.index}/{name}" for row in manifest.images for name in names}
    paths |= {f"{folder}/{blob_path(row.manifest)}" for row in manifest.images}
    return frozenset(paths | ({f"{folder}/{IMAGES_TABLE}"} if manifest.images else set()))


def image_problems(
    manifest: BundleManifest, digests: Mapping[str, str], files: Mapping[str, bytes]
) -> Iterator[Problem]:
    """What does not fit; `digests` is the signed list, `files` has the content of `documents`."""
    folder = images_folder(manifest)
    listed = {path for path in digests if path.startswith(f"{folder}/")}
    used = set(documents(manifest))
    yield from _table_problems(manifest, folder, files)
    for path in sorted(listed):
        if path.startswith(f"{folder}/{BLOBS}/") and path.rpartition("/")[2] != digests[path]:
            yield _bad(path, "its name is not its digest")
    for row in manifest.images:
        yield from _row_problems(row, folder, files, used)
    for path in sorted(used - listed):
        yield _bad(path, "an image needs it, and it is not in the bundle")
    is_all_known = all(f"{folder}/{blob_path(row.manifest)}" in files for row in manifest.images)
    for path in sorted(listed - used) if is_all_known else ():
        yield _bad(path, "no image needs it")


def _table_problems(
    manifest: BundleManifest, folder: PurePosixPath, files: Mapping[str, bytes]
) -> Iterator[Problem]:
    table = "".join(row.row() for row in manifest.images).encode()
    path = f"{folder}/{IMAGES_TABLE}"
    if files.get(path, table) != table:
        yield _bad(path, "it is not what bundle.json says")
    previous = b""
    for number, row in enumerate(manifest.images):
        if row.index != number or row.ref.encode() <= previous:
            yield _bad(str(BUNDLE_MANIFEST), f"image {row.ref} stands in the wrong place")
        previous = row.ref.encode()


def _row_problems(
    row: BundledImage, folder: PurePosixPath, files: Mapping[str, bytes], used: set[str]
) -> Iterator[Problem]:
    path = f"{folder}/{blob_path(row.manifest)}"
    content = files.get(path)
    if content is None:
        return  # reported already: not listed, missing or changed
    image = _stored(content, row.platform)
    if image is None or image.config.digest != row.config:
        yield _bad(path, f"it is not the OCI manifest of {row.ref}")
        return
    manifest = Blob(row.manifest, len(content), _NOWHERE)
    parts = {blob.digest: blob for blob in (image.config, manifest, *(one.blob for one in image.layers))}
    used.update(f"{folder}/{blob_path(digest)}" for digest in parts)
    if sum(blob.size for blob in parts.values()) != row.bytes:
        yield _bad(str(BUNDLE_MANIFEST), f"the size of {row.ref} is wrong")
    for name, expected in image_folder(row.index, row.ref, image, manifest).files().items():
        where = f"{folder}/images/{row.index}/{name}"
        if files.get(where, expected) != expected:
            yield _bad(where, f"it does not fit the image {row.ref}")


def _stored(content: bytes, platform: str) -> StoredImage | None:
    """The image that an OCI manifest of ours describes, None when it is not one."""
    try:
        document = json.loads(content)
        layers = tuple(Layer("", 0, _blob(layer)) for layer in document["layers"])
        image = StoredImage(platform, _blob(document["config"]), layers)
        return image if oci_manifest(image) == content else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _blob(descriptor: dict[str, Any]) -> Blob:
    digest, size = descriptor["digest"], descriptor["size"]
    if not isinstance(size, int) or _DIGEST.fullmatch(digest) is None:
        raise ValueError(descriptor)
    return Blob(digest, size, _NOWHERE)


def _bad(path: str, message: str) -> Problem:
    return Problem(Verdict.BAD_FORM, path, message)
