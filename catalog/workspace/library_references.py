"""Finds where extensions name packages of shared libraries: a wheel's file for pip, `file:x.tgz` for npm."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.workspace.shared_libraries import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from catalog.workspace.shared_libraries import Library

PACKAGE_JSON = "package.json"
REQUIREMENTS = "requirements.txt"
_FOLDERS = r"(?P<folders>(?:[\w.-]+/)*)"
_LARGEST = 1 << 20


class Reference(Struct, frozen=True):
    """A file of an extension that names packages of a library.

    `names` are the packages as they are written, relative to the file's folder, each once, without `./`.
    """

    file: Path
    library: Library
    names: tuple[PurePosixPath, ...]


def references(folder: Path, files: Iterable[PurePosixPath], libraries: Iterable[Library]) -> list[Reference]:
    """What the requirements and package.json among `files` (relative to `folder`) name of `libraries`."""
    known = tuple(libraries)
    return [found for file in files for found in _in_file(folder / file, known)]


def named(text: str, library: Library) -> tuple[PurePosixPath, ...]:
    """The packages of `library` that the text of a file names in its folder and below, each once."""
    found = (PurePosixPath(one["folders"], one["package"]) for one in _pattern(library).finditer(text))
    return tuple(dict.fromkeys(name for name in found if _is_inside(name)))


def renamed(text: str, library: Library, package: str) -> str:
    """The text, naming `package` wherever it names one of `library` that `named` gives."""
    return _pattern(library).sub(
        lambda found: (
            found[0].replace(found["package"], package) if _is_inside(found["folders"]) else found[0]
        ),
        text,
    )


def may_name(file: PurePosixPath) -> bool:
    """Whether a file is one of those in which packages are named."""
    return _language(file.name) is not None or "Dockerfile" in file.name


def missing(found: Iterable[Reference]) -> Iterator[tuple[Reference, PurePosixPath]]:
    """The packages that are named and are not there."""
    for reference in found:
        for name in reference.names:
            if not (reference.file.parent / name).is_file():
                yield reference, name


def _in_file(file: Path, libraries: tuple[Library, ...]) -> Iterator[Reference]:
    language = _language(file.name)
    wanted = [library for library in libraries if library.language is language]
    text = text_of(file) if wanted else ""
    for library in wanted:
        if names := named(text, library):
            yield Reference(file, library, names)


def _is_inside(name: PurePosixPath | str) -> bool:
    return ".." not in PurePosixPath(name).parts


def _language(name: str) -> Language | None:
    if name == PACKAGE_JSON:
        return Language.TYPESCRIPT
    is_requirements = "requirements" in name and name.endswith(".txt")
    return Language.PYTHON if is_requirements else None


def _pattern(library: Library) -> re.Pattern[str]:
    """A package of any version, as pip's requirements and npm's dependencies name a file."""
    package = f"(?P<package>{library.file_pattern})"
    if library.language is Language.PYTHON:
        return re.compile(rf"(?m)^[ \t]*(?:\./)?{_FOLDERS}{package}(?=[\s;]|$)")
    return re.compile(rf'"file:(?:\./)?{_FOLDERS}{package}"')


def text_of(file: Path) -> str:
    """The text of a file; empty for one that cannot be read, which is told elsewhere."""
    try:
        if file.stat().st_size > _LARGEST:
            return ""
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return ""
