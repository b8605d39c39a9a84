"""Trees of files as values: what an operation is going to write, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

EXECUTABLE = 0o755
PLAIN = 0o644


@dataclass(frozen=True, slots=True)
class CopyOf:
    """Content that is taken from another file when the tree is written (pictures are not held in memory)."""

    path: str


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file of a tree: where it goes (relative), what is in it, and its permission bits."""

    path: PurePosixPath
    content: bytes | CopyOf
    mode: int = PLAIN


def text_file(path: str | PurePosixPath, text: str, mode: int = PLAIN) -> TreeFile:
    """A file of UTF-8 text at `path`."""
    return TreeFile(PurePosixPath(path), text.encode(), mode)
