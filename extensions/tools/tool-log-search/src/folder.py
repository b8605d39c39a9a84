"""Reads the log folder, and never anything outside it.

In: the folder and file patterns. Out: `LogFile` values and their lines. Callers name files by patterns that
are compared with the folder's own listing, so no text from a caller ever becomes a path. Symbolic links,
hidden files and anything that is not a regular file are left out.
"""

from __future__ import annotations

import fnmatch
import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

MAX_FILES = 5000
MAX_LINE_BYTES = 16384


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of the folder: its name relative to the folder, its size in bytes and its last change."""

    name: str
    size: int
    modified: datetime


class LogFolder:
    """The files below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def files(self, pattern: str = "*") -> list[LogFile]:
        """Returns the files whose relative name, or last part, matches a shell pattern; newest first."""
        found = (file for file in self._all() if _matches(file.name, pattern))
        return sorted(found, key=lambda file: (file.modified, file.name), reverse=True)

    def lines(self, file: LogFile) -> Iterator[bytes]:
        """Yields the lines of a listed file, without line ends; long ones come in pieces.

        A compressed file that ends too early yields what can be read.
        """
        descriptor = os.open(self.root / file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as raw:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return
            stream = gzip.GzipFile(fileobj=raw) if file.name.endswith(".gz") else raw
            try:
                while line := stream.readline(MAX_LINE_BYTES):
                    yield line.rstrip(b"\r\n")
            except (EOFError, gzip.BadGzipFile, zlib.error):
                return

    def _all(self) -> Iterator[LogFile]:
        count = 0
        for folder, subfolders, names in os.walk(self.root, followlinks=False):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith(".") or not stat.S_ISREG((facts := path.lstat()).st_mode):
                    continue
                count += 1
                if count > MAX_FILES:
                    return
                modified = datetime.fromtimestamp(int(facts.st_mtime), UTC)
                yield LogFile(path.relative_to(self.root).as_posix(), facts.st_size, modified)


def _matches(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name.rpartition("/")[2], pattern)
