"""Trees of files as values: what an operation is going to write, before anything is written."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

EXECUTABLE = 0o755
PLAIN = 0o644


class CopyOf(Struct, frozen=True):
    """Content that is taken from another file when the tree is written (pictures are not held in memory)."""

    path: str


class Standing(CopyOf, frozen=True):
    """Content that a file of the tree before has: one with this number on its disk.

    `make` gives the content again, for when that file is gone by the time it is needed.
    """

    inode: int
    make: Callable[[], bytes]


class TreeFile(Struct, frozen=True):
    """One file of a tree: where it goes (relative), what is in it, and its permission bits."""

    path: PurePosixPath
    content: bytes | CopyOf
    mode: int = PLAIN


def text_file(path: str | PurePosixPath, text: str, mode: int = PLAIN) -> TreeFile:
    """A file of UTF-8 text at `path`; half a surrogate pair, which none can hold, becomes a question mark."""
    return TreeFile(PurePosixPath(path), text.encode(errors="replace"), mode)
