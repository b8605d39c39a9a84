"""Files as one text that passes between processes: contents in the order of paths that both sides know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.model.file_tree import TreeFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import PurePosixPath


def content_of(file: TreeFile) -> bytes:
    """What is in a file that was made.

    Raises:
        TypeError: it is a copy of another file.
    """
    if not isinstance(file.content, bytes):
        raise TypeError(file.path)
    return file.content


def joined(files: Iterable[TreeFile]) -> bytes:
    """The content of all files one after the other, each with its length in front."""
    contents = [content_of(file) for file in files]
    return b"".join(part for content in contents for part in (b"%d:" % len(content), content))


def parted(joined: bytes, paths: Sequence[PurePosixPath]) -> list[TreeFile]:
    """The files at `paths` whose content was joined."""
    files, start = [], 0
    for path in paths:
        colon = joined.index(b":", start)
        end = colon + 1 + int(joined[start:colon])
        files.append(TreeFile(path, joined[colon + 1 : end]))
        start = end
    return files
