"""Which file of an extension is its preview picture, by its name in kamiwaza.json and by its first bytes."""

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
HEAD_BYTES = 1024
"""How many bytes at the start of a file tell what it is; an SVG has its first element there."""
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


def content_suffixes(head: bytes) -> tuple[str, ...]:
    """The suffixes for a picture that begins with the bytes `head`; none if that is no picture we know."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return (".png",)
    if head.startswith(b"\xff\xd8\xff"):
        return (".jpg", ".jpeg")
    if head.startswith((b"GIF87a", b"GIF89a")):
        return (".gif",)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return (".webp",)
    return (".svg",) if b"<svg" in head or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") else ()


def _first(candidates: Iterable[PurePosixPath], files: Mapping[PurePosixPath, int]) -> PurePosixPath | None:
    return next((path for path in candidates if path in files), None)
