"""How an extension's picture is named in a registry, and in a published one, where its content names it."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.registry.layout import RepositoryVersion

if TYPE_CHECKING:
    from catalog.registry.layout import Garden

_DIGITS = 16
_DIGEST = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}")


def picture_name(extension: str, suffix: str) -> str:
    """The picture's name where each build has its own: the extension's, which is unique, with its suffix."""
    return f"{extension}{suffix.lower()}"


def published_name(name: str, content: bytes) -> str:
    """The same with a digest, so that no picture takes the place of one that a catalog still points at."""
    path = PurePosixPath(name)
    return f"{path.stem}-{hashlib.sha256(content).hexdigest()[:_DIGITS]}{path.suffix}"


def name_before(name: str, extension: str) -> str:
    """The name that a picture of `extension` had before it was published; empty if it has no digest."""
    path = PurePosixPath(name)
    rest = path.stem.removeprefix(extension)
    return f"{extension}{path.suffix}" if rest != path.stem and _DIGEST.fullmatch(rest) else ""


def file_in(address: object, garden: Garden) -> str:
    """The file in the garden's folder of pictures that an entry's address means; empty if it is none."""
    if not isinstance(address, str) or not address.startswith(garden.pictures_url):
        return ""
    name = address.removeprefix(garden.pictures_url)
    return name if _is_plain(name) else ""


def picture_place(address: object) -> PurePosixPath | None:
    """Where the picture of an entry lies, seen from its catalog's folder; None if it lies somewhere else."""
    for garden in (version.garden for version in RepositoryVersion):
        name = file_in(address, garden)
        if name:
            return PurePosixPath(garden.pictures.name, name)
    return None


def _is_plain(name: str) -> bool:
    """Whether it is the name of a file that can lie in one folder; an entry is written by others."""
    return (
        bool(name)
        and "\\" not in name
        and "\0" not in name
        and PurePosixPath(name).name == name
        and name[0] != "."
    )
