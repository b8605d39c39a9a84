"""Finds the libraries in a workspace's `shared/` folder, and the packages that were made of them.

The places are those of the extension guide: `shared/python/dist/` for wheels, and for an npm package the
folder of its library.
"""

from __future__ import annotations

import json
import re
import tomllib
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.errors import FindingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = PurePosixPath("shared")
_PYTHON = SHARED / "python"
_TYPESCRIPT = SHARED / "typescript"
_DIST = "dist"
_LARGEST = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9@][\w.@/-]{0,213}")
_VERSION = re.compile(r"\d[\w.+!-]{0,99}")


class Language(StrEnum):
    """What a library is written in, and so how it is packed."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"


class Library(Struct, frozen=True):
    """A library of the workspace.

    `name` is as its own settings have it, `folder` is where its sources are, `packages` where its packages
    lie, `settings` the content of pyproject.toml or package.json.
    """

    name: str
    version: str
    language: Language
    folder: Path
    packages: Path
    settings: dict[str, Any]

    def __hash__(self) -> int:
        """By what tells libraries apart; settings cannot be hashed."""
        return hash((self.folder, self.version))

    @property
    def stem(self) -> str:
        """How the file names of its packages begin, such as `acme_auth-` or `acme-auth-`."""
        if self.language is Language.PYTHON:
            return f"{re.sub(r'[-_.]+', '_', self.name).lower()}-"
        return f"{self.name.lstrip('@').replace('/', '-')}-"

    @property
    def suffix(self) -> str:
        """How the file names of its packages end."""
        return ".whl" if self.language is Language.PYTHON else ".tgz"

    @property
    def file_pattern(self) -> str:
        """A regular expression for the file names of its packages, of any version.

        An npm package may be called as another one and some digits, such as `kit-3d` beside `kit`, so that
        only a whole version tells whose file it is.
        """
        version = r"\d[\w.+!-]*" if self.language is Language.PYTHON else r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?"
        return f"{re.escape(self.stem)}{version}{re.escape(self.suffix)}"

    def all_packages(self, folder: Path) -> list[Path]:
        """The packages of this library in `folder`, of any version."""
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(path for path in found if re.fullmatch(self.file_pattern, path.name) and path.is_file())

    @property
    def package(self) -> Path | None:
        """The package of the version that the sources have; None when it was not made."""
        wanted = f"{self.stem}{self.version}"
        for path in self.all_packages(self.packages):
            rest = path.name.removeprefix(wanted)
            if rest == self.suffix or (self.language is Language.PYTHON and rest.startswith("-")):
                return path
        return None


def shared_libraries(root: Path) -> list[Library]:
    """The libraries of the workspace at `root`, Python first, then by folder.

    Raises:
        FindingsError: a library's settings cannot be read, or say no name or version.
    """
    return [*_python(root / _PYTHON), *_typescript(root / _TYPESCRIPT)]


def _python(place: Path) -> Iterator[Library]:
    for folder in _folders(place, "pyproject.toml"):
        path = folder / "pyproject.toml"
        try:
            settings = tomllib.loads(_text(path))
        except tomllib.TOMLDecodeError as error:
            raise _unreadable(path, error) from error
        yield _library(path, settings.get("project"), settings, Language.PYTHON, place / _DIST)


def _typescript(place: Path) -> Iterator[Library]:
    for folder in _folders(place, "package.json"):
        path = folder / "package.json"
        try:
            settings = json.loads(_text(path))
        except (ValueError, RecursionError) as error:
            raise _unreadable(path, error) from error
        yield _library(path, settings, settings, Language.TYPESCRIPT, folder)


def _library(path: Path, named: Any, settings: Any, language: Language, packages: Path) -> Library:
    known = named if isinstance(named, dict) else {}
    name, version = known.get("name"), known.get("version")
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise FindingsError(f"{path} gives the library no name.", 'Write one, such as name = "acme-auth".')
    if not (isinstance(version, str) and _VERSION.fullmatch(version)):
        raise FindingsError(
            f"{path} gives the library no version.", 'Write it there, such as version = "0.1.0".'
        )
    return Library(name, version, language, path.parent, packages, settings)


def _folders(place: Path, name: str) -> list[Path]:
    """The folder itself and those directly in it that have a file called `name`."""
    inside = sorted(path for path in place.iterdir() if path.name[0] != ".") if place.is_dir() else []
    return [folder for folder in (place, *inside) if (folder / name).is_file()]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FindingsError:
    return FindingsError(f"{path} cannot be read: {error}", "Correct it, then run the command again.")
