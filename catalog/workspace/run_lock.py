"""Marks a run of this program, so that a later one can tell whether what it left behind is still in use.

A run has a folder of its own in the user's cache and keeps it locked. The system lets go of the lock however
the process ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import MissingError
from catalog.workspace.cache import cache_folder
from catalog.workspace.held_folder import is_held, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNS = "runs"


@contextmanager
def run_mark() -> Iterator[str]:
    """A mark for the block: `machine.user.run`, of which the run is new.

    Raises:
        MissingError: the user's cache cannot be written.
    """
    folder = cache_folder(_RUNS)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix="r", dir=folder))
        descriptor = open_folder(own)
    except OSError as error:
        raise MissingError(
            f"{folder} cannot be written: {error.strerror}", "Set XDG_CACHE_HOME to a folder of yours"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield f"{_prefix()}{own.name}"
    finally:
        shutil.rmtree(own, ignore_errors=True)
        os.close(descriptor)


def is_left_over(mark: str) -> bool:
    """Whether the run of this mark was ours and has ended; False for those of other machines and users."""
    prefix = _prefix()
    name = mark.removeprefix(prefix)
    if not mark.startswith(prefix) or not name.isidentifier():
        return False
    place = cache_folder(_RUNS) / name
    if is_held(place):
        return False
    shutil.rmtree(place, ignore_errors=True)
    return True


def _prefix() -> str:
    place = f"{platform.node()}\0{cache_folder(_RUNS)}"
    return f"{hashlib.sha256(place.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}."
