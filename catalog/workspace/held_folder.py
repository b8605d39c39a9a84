"""A folder that a living process holds by a lock, which the kernel takes back from the dead."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from catalog.workspace.folder_lock import alone_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def open_folder(folder: Path) -> int:
    """A descriptor of the folder, to lock it by.

    Raises:
        OSError: it is not there, is no folder, or may not be read.
    """
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def is_held(folder: Path) -> bool:
    """Whether somebody has the folder locked; one that is gone is held by nobody."""
    try:
        descriptor = open_folder(folder)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


@contextmanager
def held_new(folder: Path, prefix: str, mode: int) -> Iterator[Path]:
    """A new folder in `folder` whose name begins with `prefix`; it is gone afterwards, unless it was renamed.

    What a killed process left under such a name is removed: a folder that nobody holds belongs to nobody.

    Raises:
        OSError: the disk refuses.
    """
    place = folder / f"{prefix}{secrets.token_hex(8)}"
    with alone_in(folder):  # between making and holding it, another one would sweep it away
        _sweep(folder, prefix)
        place.mkdir(mode)
        descriptor = open_folder(place)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(descriptor)


def _sweep(folder: Path, prefix: str) -> None:
    for left in folder.iterdir():
        if left.name.startswith(prefix) and left.is_dir() and not left.is_symlink() and not is_held(left):
            shutil.rmtree(left, ignore_errors=True)
