"""Keeps programs that share a cache out of each other's way: a lock for moments, a lease for a whole run.

A lease is a folder that its process has locked: its drafts lie in it, and nothing that was used since it
began is removed. The system lets go of the lock however the process ends, so what is not locked is left over.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import weakref
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.workspace.held_folder import is_held, open_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNNING = "running"
_BEGUN = "begun"


class Lease:
    """A running program's stake in the cache `folder`; `place` is where its drafts go.

    It ends with `release`, with the last reference to it, or with the process.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        (folder / _RUNNING).mkdir(parents=True, exist_ok=True)
        with locked(folder, alone=True):
            sweep(folder)
            self.place = Path(tempfile.mkdtemp(dir=folder / _RUNNING))
            (self.place / _BEGUN).touch()
            descriptor = open_folder(self.place)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.release = weakref.finalize(self, _release, descriptor, self.place, os.getpid())


@contextmanager
def locked(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold the cache's lock: `alone` to remove, together with others to look up and to add.

    Raises:
        OSError: the folder is not there or cannot be read.
    """
    descriptor = open_folder(folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> int | None:
    """Remove what processes left that were killed; the caller has the lock alone.

    Returns:
        When the longest-running lease began, as the file system's time in nanoseconds; None if nobody runs.
    """
    begun = [_begun(lease) for lease in _leases(folder) if is_held(lease) or _remove(lease)]
    return min(begun, default=None)


def _leases(folder: Path) -> list[Path]:
    with suppress(OSError):
        return [place for place in (folder / _RUNNING).iterdir() if place.is_dir()]
    return []


def _begun(lease: Path) -> int:
    try:
        return (lease / _BEGUN).stat().st_mtime_ns
    except OSError:
        return 0  # held by somebody, so nothing of any age may go


def _remove(lease: Path) -> bool:
    shutil.rmtree(lease, ignore_errors=True)
    return False


def _release(descriptor: int, place: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child has no stake of its own
        shutil.rmtree(place, ignore_errors=True)
    os.close(descriptor)
