"""A folder that a living process holds by a lock, which the kernel takes back from the dead."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
