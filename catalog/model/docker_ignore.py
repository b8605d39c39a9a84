"""The patterns of a `.dockerignore` file: which files of a build context the engine never sees.

The rules are those of the Dockerfile reference: Go's `filepath.Match` with `**`, the last pattern that fits
decides, `!` lets in again, and a pattern that fits a folder fits all that is in it.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

_WILDCARD = re.compile(r"/?\*\*/?|\*|\?|\[[^\]]+\]|\\.|.", re.DOTALL)


class _Pattern(Struct, frozen=True):
    expression: re.Pattern[str]
    lets_in: bool


class DockerIgnore:
    """What one `.dockerignore` leaves out; `text` is the file's."""

    def __init__(self, text: str = "") -> None:
        self._patterns = tuple(_patterns(text))

    def leaves_out(self, path: str) -> bool:
        """Whether the file at `path` (relative to the context, with `/`) does not belong to the context."""
        is_out = False
        for pattern in self._patterns:
            if pattern.expression.fullmatch(path):
                is_out = not pattern.lets_in
        return is_out


def _patterns(text: str) -> Iterator[_Pattern]:
    for line in text.removeprefix("\ufeff").splitlines():
        word = line.strip()
        if not word or line.startswith("#"):
            continue
        lets_in = word.startswith("!")
        cleaned = posixpath.normpath(word.removeprefix("!").strip()).lstrip("/")
        if cleaned and cleaned != ".":
            yield _Pattern(_expression(cleaned), lets_in)


def _expression(pattern: str) -> re.Pattern[str]:
    """The pattern, for itself and for everything below what it fits."""
    words = "".join(_translated(match[0]) for match in _WILDCARD.finditer(pattern))
    try:
        return re.compile(rf"{words}(?:/.*)?", re.DOTALL)
    except re.error:
        return re.compile(r"(?!)")  # the engine says what is wrong with it


def _translated(part: str) -> str:
    if "**" in part:
        before = "/" if part.startswith("/") else ""
        return rf"{before}(?:.*/)?" if part.endswith("/") else rf"{before}.*"
    if part.startswith("[") and part.endswith("]"):
        return part.replace("\\", "\\\\") if not part.startswith("[^") else f"[^/{part[2:]}"
    return {"*": "[^/]*", "?": "[^/]"}.get(part) or re.escape(part.removeprefix("\\") or "\\")
