"""Shows what a bundle says of itself, out of its first bytes and without checking anything."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from catalog.bundle.inspect_page import inspect_page
from catalog.bundle.manifest import MAX_BYTES, BundleManifest
from catalog.bundle.output import open_regular, read_errors
from catalog.bundle.stored_reader import StoredReader
from catalog.bundle.verdict import RefusedError
from catalog.errors import IntegrityError
from catalog.operations.result import PathField, Request, Result
from catalog.registry.layout import BUNDLE_MANIFEST, REGISTRY_ROOT
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from pathlib import Path

_SECTOR = tarfile.BLOCKSIZE


class InspectRequest(Request):
    """What is looked into: a tarball, its first part or an unpacked folder; `html` is a page to write."""

    path: PathField
    html: PathField | None = None


class InspectResult(Result):
    """What the bundle says; nothing of it was checked."""

    path: PathField
    bytes: int
    manifest: BundleManifest
    html: PathField | None = None


def bundle_inspect(request: InspectRequest) -> InspectResult:
    """Read the manifest, and write the page if one was asked for.

    Raises:
        MissingError: the bundle cannot be read, or the page not written.
        IntegrityError: it is no bundle.
    """
    path = request.path
    with read_errors(path):
        content = _manifest_file(path) if path.is_dir() else _first_member(path)
        size = 0 if path.is_dir() else path.stat().st_size
    manifest = BundleManifest.from_bytes(content)
    if request.html:
        write_file(request.html, inspect_page(path.name, manifest))
    return InspectResult(path=path, bytes=size, manifest=manifest, html=request.html)


def _manifest_file(root: Path) -> bytes:
    try:
        with open_regular(root / BUNDLE_MANIFEST) as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise IntegrityError(
            f"The folder {root} has no {BUNDLE_MANIFEST}, so it is no bundle.",
            f"Name a tarball, or the folder {REGISTRY_ROOT} that was unpacked from one.",
        ) from None


def _first_member(path: Path) -> bytes:
    """bundle.json out of a tarball's or a first part's beginning."""
    try:
        with open_regular(path) as file:
            reader = StoredReader(file.read, lambda _: None)
            reader.exactly(_SECTOR)  # the top directory
            header = tarfile.TarInfo.frombuf(reader.exactly(_SECTOR), "utf-8", "replace")
            if header.name != f"{REGISTRY_ROOT}/{BUNDLE_MANIFEST}" or not 0 <= header.size <= MAX_BYTES:
                raise _no_bundle(path)
            return reader.exactly(header.size)
    except (RefusedError, tarfile.HeaderError):
        raise _no_bundle(path) from None


def _no_bundle(path: Path) -> IntegrityError:
    return IntegrityError(
        f"{path} does not begin as a bundle does.",
        "A bundle of the older template is taken over with: catalog bundle adopt",
    )
