"""Tells whether a folder is as it was: by the stamps of its files, or by their content.

A stamp is what the file system knows of a file without reading it. It is taken for proof of content only if
it is older than the run that reads the file; otherwise a change in the same tick of the clock would not show
(git calls such files racily clean).
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.workspace.folders import DEPENDENCY_FOLDERS
from catalog.workspace.forked import in_parallel
from catalog.workspace.kept import digest
from catalog.workspace.kept_form import Form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_TICK = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system that people use (FAT)."""
_PIECE = 1 << 16  # bytes


class FolderStamp(Struct, frozen=True):
    """What the file system says of a folder: its files and folders by name, a digest of everything it knows.

    Names are relative to the folder; `is_settled` is false while a change could hide behind an equal stamp.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    key: str
    is_settled: bool


def folder_stamp(folder: Path) -> FolderStamp | None:
    """The stamp of a folder, less the content of dependency folders.

    None when it cannot be told by stamps whether it is as it was: it holds a link, a pipe or a device, or a
    part of it cannot be listed.
    """
    before = time.time_ns() - _TICK
    try:
        found = sorted(_walk(str(folder), ""))
    except (OSError, _UntoldError):
        return None
    lines = [f"{name}\0{status}" for name, status, _ in found]
    return FolderStamp(
        files=tuple(name for name, _, newest in found if newest),
        folders=tuple(name for name, _, newest in found if not newest),
        key=digest(*lines),
        is_settled=all(newest < before for _, _, newest in found),
    )


def folder_stamps(folders: Sequence[Path]) -> list[FolderStamp | None]:
    """The stamps of many folders, as `folder_stamp` gives each; all processors look at them."""
    form = Form(FolderStamp)

    def told(number: int) -> bytes:
        stamp = folder_stamp(folders[number])
        return form.certain_line(stamp) if stamp else b""  # which is the form of nothing

    return [
        folder_stamp(folder) if line is None else form.value(line)
        for folder, line in zip(folders, in_parallel(told, len(folders)), strict=True)
    ]


def content_digest(
    folder: Path, stamp: FolderStamp, written: Mapping[str, bytes] | None = None
) -> str | None:
    """A digest of the folders and files that `stamp` lists, by their names, and of the content of the files.

    None if one of them cannot be read; `written` is what is going to be in some files, by their names.
    """
    new = {name: hashlib.sha256(content).digest() for name, content in (written or {}).items()}
    try:
        there = {name: _sha256(f"{folder}/{name}") for name in stamp.files if name not in new}
    except OSError:
        return None
    files = there | new
    return digest(*stamp.folders, "", *(part for name in sorted(files) for part in (name, files[name])))


def _sha256(path: str) -> bytes:
    """In small pieces: hashlib.file_digest clears a quarter of a megabyte for each file, however small."""
    result = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # a Path for each costs more than reading
        while piece := file.read(_PIECE):
            result.update(piece)
    return result.digest()


class _UntoldError(Exception):
    """There is something in the folder whose stamp does not speak for its content."""


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, str, int]]:
    """Every file and folder: its name, its status as text, and when it last changed (0 for folders)."""
    with os.scandir(folder) as entries:
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            name = f"{prefix}{entry.name}"
            if stat.S_ISREG(status.st_mode):
                times = (status.st_mtime_ns, status.st_ctime_ns)
                yield name, f"{status.st_mode} {status.st_size} {times} {status.st_ino}", max(1, *times)
            elif not stat.S_ISDIR(status.st_mode):
                raise _UntoldError
            else:
                yield name, f"{status.st_mode}", 0
                if entry.name not in DEPENDENCY_FOLDERS:
                    yield from _walk(entry.path, f"{name}/")
