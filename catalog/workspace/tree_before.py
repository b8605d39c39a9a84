"""Looks at the tree that a build replaces: which of its files are as the build before left them.

A build ends by noting what the file system says of each file. One that it says the same of is not read again;
it has to be read only where the note was lost, or where somebody was at the file.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path, PurePosixPath

    from catalog.workspace.kept import Kept

_TRIES = 50
_PAUSE = 0.001  # seconds; clocks of file systems tick every one to ten milliseconds

Noted = list[int]
"""Of a file: number on its disk, mode, count of names, size, when its content and its status changed (ns)."""


class TreeBefore:
    """The tree below `root`, None if there is none; its notes are in `kept`."""

    def __init__(self, kept: Kept, root: Path | None) -> None:
        self._kept = kept
        self._root = root
        self._left = json.loads(kept.get(f"files {root}") or "{}")
        self._written: dict[tuple[PurePosixPath, ...], str] = {}

    def inodes(self, paths: Sequence[PurePosixPath], content: str) -> list[int] | None:
        """The numbers of the files at `paths` on their disk, if they are as they were left, with `content`.

        `content` is a digest. None if they may be otherwise.
        """
        known = self._left.get(str(paths[0]))
        if known is None or known[0] != content:
            return None
        noted = [_noted(self.place(path)) for path in paths]
        return [each[0] for each in noted] if noted == known[1:] else None

    def content(self, path: PurePosixPath) -> bytes:
        """What is in a file, nothing if it cannot be read; a pipe that lies there keeps nobody waiting."""
        with suppress(OSError):
            descriptor = os.open(self.place(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                return file.read()
        return b""

    def place(self, path: PurePosixPath) -> str:
        """Where a file of the tree is on this machine."""
        return f"{self._root}/{path}"

    def will_have(self, paths: Sequence[PurePosixPath], content: str) -> None:
        """Say that the tree which is written now has files with this `content` (a digest) at `paths`."""
        self._written[tuple(paths)] = content

    def remember(self, number: int) -> None:
        """Note how the files are, now that the new tree is in the place of the old one.

        `number` is that of the new tree's folder on its disk: another build's may be there by now.
        """
        if self._root is None:
            return
        with suppress(OSError), _folder(self._root) as folder:
            if os.fstat(folder).st_ino != number:
                return
            noted = {paths: [_noted(str(path), folder) for path in paths] for paths in self._written}
            newest = max((each[-1] for files in noted.values() for each in files), default=0)
            if _has_ticked(self._root.parent, newest):
                notes = {str(paths[0]): [self._written[paths], *files] for paths, files in noted.items()}
                self._kept.put(f"files {self._root}", json.dumps(notes).encode())


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _noted(path: str, folder: int | None = None) -> Noted:
    """What the file system says of a file (below the open `folder`); nothing if it is not there."""
    try:
        status = os.stat(path, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return [0]
    numbers = [status.st_ino, status.st_mode, status.st_nlink, status.st_size]
    return [*numbers, status.st_mtime_ns, status.st_ctime_ns]


def _has_ticked(folder: Path, newest: int) -> bool:
    """Whether the clock of the file system moves on from `newest` now, so that any later change will show."""
    with suppress(OSError):
        for _ in range(_TRIES):
            with tempfile.TemporaryFile(dir=folder) as file:
                if os.fstat(file.fileno()).st_mtime_ns > newest:
                    return True
            time.sleep(_PAUSE)
    return False
