"""What a Dockerfile copies into its image: from where in the build context to which absolute path.

Enough to recognise a mount that only shadows what the image has, or a file that its server reads: `COPY` and
`ADD` from the context in every stage, with `WORKDIR` followed; variables and patterns are left alone.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.dockerfile import instructions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from catalog.model.compose import BuildSection

_NGINX = PurePosixPath("/etc/nginx")
_FLAG = re.compile(r"--[a-z]+=?\S*[ \t]*")


class Copy(Struct, frozen=True):
    """One source of a `COPY`: a normalised path in the context, and the normalised path in the image."""

    source: str
    target: str


def copies(text: str) -> Iterator[Copy]:
    """Everything that the Dockerfile `text` copies out of its build context."""
    folder = "/"
    for instruction in instructions(text):
        if instruction.word == "FROM":
            folder = "/"
        elif instruction.word == "WORKDIR":
            folder = _absolute(folder, instruction.value.strip("\"'"))
        elif instruction.word in {"COPY", "ADD"} and not instruction.documents:
            *sources, target = _arguments(instruction.value) or [""]
            for source in sources:
                yield Copy(posixpath.normpath(source.lstrip("/") or "."), _absolute(folder, target))


def shadows(text: str, source: str, target: str) -> bool:
    """Whether mounting `source` (a folder, relative to the context) at `target` hides that very folder.

    That is so when the Dockerfile `text` copies the folder, or one around it, so that it lands at `target`.
    """
    wanted = posixpath.normpath(target)
    return any(_landing(copy, source) == wanted for copy in copies(text))


def configurations(
    text: str, section: BuildSection, files: Iterable[PurePosixPath]
) -> Iterator[PurePosixPath]:
    """Those of an extension's `files` that the Dockerfile `text` copies to where nginx reads its settings."""
    for copy in copies(text):
        if PurePosixPath(copy.target).is_relative_to(_NGINX):
            source = PurePosixPath(posixpath.normpath(section.context / copy.source))
            yield from (path for path in files if path.is_relative_to(source))


def _landing(copy: Copy, source: str) -> str | None:
    """Where `source` lands through `copy`: the content of a copied folder goes right into the target."""
    if copy.source == source:
        return copy.target
    if copy.source == ".":
        return posixpath.normpath(posixpath.join(copy.target, source))
    inner = source.removeprefix(f"{copy.source}/")
    return None if inner == source else posixpath.normpath(posixpath.join(copy.target, inner))


def _arguments(rest: str) -> list[str]:
    """Sources and target, none when they come from another stage."""
    while match := _FLAG.match(rest):
        if match[0].startswith("--from"):
            return []
        rest = rest[match.end() :]
    if not rest.startswith("["):
        return rest.split()
    try:
        parts = json.loads(rest)
    except (ValueError, RecursionError):
        return []
    return [part for part in parts if isinstance(part, str)]


def _absolute(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))
