"""Splits a bundle, or any file, into parts for carriers that take no large files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catalog.bundle.companions import copy_companions
from catalog.bundle.parts import LIST_SUFFIX, Part
from catalog.bundle.splitting import split
from catalog.operations.result import PathField, Request, Result

if TYPE_CHECKING:
    from catalog.operations.progress import Progress


class SplitRequest(Request):
    """The file, the size of a part in bytes, and where the parts go (default: beside the file)."""

    source: Path
    part_size: int
    out: Path | None = None


class SplitResult(Result):
    """The list of parts, and what it says: the whole's size and SHA-256, and every part."""

    parts_list: PathField
    size: int
    sha256: str
    parts: tuple[Part, ...]


def bundle_split(request: SplitRequest, progress: Progress) -> SplitResult:
    """Cut the file; its signature goes along when the parts go elsewhere.

    Raises:
        UsageError, MissingError, ConflictError, IntegrityError: as `catalog.bundle.splitting.split`.
    """
    out = request.out or request.source.parent
    parts = split(request.source, request.part_size, out, progress.transferred)
    copy_companions(request.source, out / request.source.name)
    return SplitResult(
        parts_list=out / f"{parts.file}{LIST_SUFFIX}", size=parts.size, sha256=parts.sha256, parts=parts.parts
    )
