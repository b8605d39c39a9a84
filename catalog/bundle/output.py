"""New files: written in a staging folder beside their place, then renamed, so that no half is ever seen."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from catalog.errors import MissingError
from catalog.workspace.held_folder import held_new

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MODE = 0o644


@contextmanager
def staging(folder: Path, name: str) -> Iterator[Path]:
    """A folder inside `folder` (which is made) for what becomes `name` there; it is gone afterwards.

    What a killed run left under the same name is removed: a folder that nobody has locked belongs to nobody.

    Raises:
        MissingError: the disk refuses, here or in the block.
    """
    with disk_errors(folder / name):
        folder.mkdir(parents=True, exist_ok=True)
        with held_new(folder, f".{name}.new-", 0o700) as place:
            yield place


def settle(draft: Path, target: Path) -> None:
    """Give the finished `draft` the name `target`; after a power cut it is the whole file or none."""
    with disk_errors(target):
        draft.chmod(_MODE)
        _sync(draft)
        draft.replace(target)
        with suppress(OSError):  # some file systems cannot sync a folder
            _sync(target.parent)


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """`path` open for reading; a pipe or device is refused instead of waited for.

    Raises:
        OSError: it cannot be opened, or is not a regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Say in words what the disk refuses for `path`."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MissingError(
            f"{path} cannot be written: {reason}. Nothing was left half-written.",
            "Check the permissions and the free space (df -h), then run the command again.",
        ) from error


@contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Say in words why `path` cannot be read."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MissingError(
            f"{path} cannot be read: {reason}.", "Check the name and the permissions."
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
