"""Rules about the preview picture: where it may lie, that it is there, its type and its size."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.model import codes
from catalog.model.picture import (
    MAX_PICTURE_BYTES,
    PICTURE_SUFFIXES,
    PUBLIC_PREFIXES,
    picture_file,
    shipped_picture,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.place import Place
    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_ELSEWHERE = re.compile(r"[/~\\]|[A-Za-z][A-Za-z0-9+.-]*:")  # absolute, at home, a drive or a URL
_MEBIBYTE = 1024 * 1024


def path_is_allowed(subject: Subject) -> Iterator[Finding]:
    """The path is one in the extension, or begins as published pictures do."""
    declared = _declared(subject)
    if declared and not _is_published(declared) and not _is_inside(declared):
        message = f"The preview picture {declared!r} does not lie in the extension's folder."
        hint = "Put the picture into the extension, and write its path there, such as images/preview.png."
        yield _place(subject).finding(codes.PREVIEW_PATH_INVALID, message, hint)


def file_is_there(subject: Subject) -> Iterator[Finding]:
    """A picture of the extension's own is there."""
    declared, extension = _declared(subject), subject.extension
    if _is_inside(declared) and PurePosixPath(declared) not in extension.files:
        message = f"The preview picture {declared!r} is not in {extension.directory}."
        hint = f"Add {extension.directory / declared}, or correct the path."
        yield _place(subject).finding(codes.PREVIEW_MISSING, message, hint)


def published_file_is_shipped(subject: Subject) -> Iterator[Finding]:
    """A picture that is named by its published address lies in the extension too."""
    declared, extension = _declared(subject), subject.extension
    if _is_published(declared) and shipped_picture(declared, extension.files) is None:
        name = PurePosixPath(declared).name
        message = f"{extension.directory} has no file {name!r}, so the catalog shows no picture."
        hint = f"Add {extension.directory / name}: without internet, nothing else can be shown."
        yield _place(subject).finding(codes.PREVIEW_NOT_SHIPPED, message, hint)


def type_is_accepted(subject: Subject) -> Iterator[Finding]:
    """The picture is of a type that the platform shows."""
    declared = _declared(subject)
    if not _is_published(declared) and not _is_inside(declared):
        return
    suffix = PurePosixPath(declared).suffix
    if suffix.lower() not in PICTURE_SUFFIXES:
        what = f"has the suffix {suffix!r}" if suffix else "has no suffix"
        message = f"The preview picture {declared!r} {what}, by which nobody knows it for a picture."
        hint = f"Take one of {', '.join(PICTURE_SUFFIXES)}."
        yield _place(subject).finding(codes.PREVIEW_TYPE, message, hint)


def size_is_accepted(subject: Subject) -> Iterator[Finding]:
    """The picture is no larger than the platform takes."""
    path = picture_file(subject.extension)
    size = subject.extension.files.get(path, 0) if path else 0
    if size > MAX_PICTURE_BYTES:
        limit = MAX_PICTURE_BYTES // _MEBIBYTE
        message = f"The preview picture {path} has {size / _MEBIBYTE:.1f} MiB; the platform takes {limit}."
        hint = "Make it smaller: 1920 pixels wide are plenty."
        yield _place(subject).finding(codes.PREVIEW_TOO_LARGE, message, hint)


def _declared(subject: Subject) -> str:
    """The picture's path as the manifest has it; empty for none, which older catalogs write as "null"."""
    declared = subject.manifest.preview_image
    return declared if declared and declared != "null" else ""


def _is_published(declared: str) -> bool:
    return declared.startswith(PUBLIC_PREFIXES)


def _is_inside(declared: str) -> bool:
    """Whether the path is there, relative, and leads nowhere else."""
    if not declared or "\\" in declared or _ELSEWHERE.match(declared):
        return False
    return ".." not in PurePosixPath(declared).parts


def _place(subject: Subject) -> Place:
    return subject.manifest_place / "preview_image"
