"""Which file of an extension is its preview picture, as kamiwaza.json names it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from catalog.model.extension import Extension

PUBLIC_PREFIXES = (
    "https://info.kamiwaza.ai/",
    "/garden/",
    "/app-garden-images/",
    "/api/app-garden-images/",
)
"""Prefixes of pictures that were published already; the file's own name is looked up in the extension."""
FALLBACKS = tuple(map(PurePosixPath, ("preview.png", "icon.png", "logo.png", "icon.svg")))
PICTURE_SUFFIXES: tuple[str, ...] = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg")
MAX_PICTURE_BYTES = 10 * 1024 * 1024  # what the platform takes as an upload


def picture_file(extension: Extension) -> PurePosixPath | None:
    """The picture's path in the extension folder; None when there is none (rules say what is wrong)."""
    declared = extension.kamiwaza.manifest.preview_image if extension.kamiwaza else None
    if not declared or declared == "null":
        return _first(FALLBACKS, extension.files)
    if declared.startswith(PUBLIC_PREFIXES):
        return shipped_picture(declared, extension.files)
    path = PurePosixPath(declared)
    return path if path in extension.files else None


def shipped_picture(declared: str, files: Mapping[PurePosixPath, int]) -> PurePosixPath | None:
    """The file of an extension that has the same name as the published picture `declared`."""
    name = PurePosixPath(declared).name
    return _first((path for path in files if path.name == name), files)


def _first(candidates: Iterable[PurePosixPath], files: Mapping[PurePosixPath, int]) -> PurePosixPath | None:
    return next((path for path in candidates if path in files), None)
