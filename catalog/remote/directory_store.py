"""A plain directory as a store, also one that several machines have mounted.

A file is replaced by a rename within a lock of the kernel's, which goes with the process that holds it; who
reads without the lock sees one whole writing or another.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from catalog.errors import IntegrityError, MissingError
from catalog.remote.store import OvertakenError, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_FILE = ".catalog-store.lock"
_NEW = ".catalog-new"
_MODE = 0o666  # less the umask: in a folder that a group shares, its members write in turn


class DirectoryStore:
    """The files below one folder, which must be there."""

    def __init__(self, root: Path, limit: int) -> None:
        """Use the folder `root`, and read no file of more than `limit` bytes."""
        self._root = root
        self._limit = limit

    @property
    def address(self) -> str:
        """The folder as an address."""
        return self._root.as_uri()

    def read(self, key: str, known: Stored | None = None) -> Stored | None:
        """The file, or `known` if that still holds; None if there is none in a folder that is there."""
        path = self._path(key)
        with self._said(path):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                self._ask_for_root()
                return None
            with file:
                status = os.fstat(file.fileno())
                if known and known.tag == _tag(status):
                    return known
                content = file.read(self._limit + 1)
        if len(content) > self._limit:
            raise IntegrityError(f"{path} has more than {self._limit:,} bytes.", "That is no catalog.")
        return Stored(content, _tag(status), max(0.0, self._now() - status.st_mtime))

    def create(self, key: str, content: bytes) -> str:
        """Write a file that is not there yet; its tag."""
        return self._write(key, content, None)

    def replace(self, key: str, content: bytes, tag: str) -> str:
        """Replace what has this tag; the new tag."""
        return self._write(key, content, tag)

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in order."""
        self._ask_for_root()
        paths = (path.relative_to(self._root) for path in self._root.rglob("*") if path.is_file())
        found = (path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))
        yield from sorted(key for key in found if key.startswith(prefix))

    def _path(self, key: str) -> Path:
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or ".." in parts:
            raise IntegrityError(f"{key!r} is no name of a file in {self.address}.")
        return self._root.joinpath(*parts)

    def _write(self, key: str, content: bytes, tag: str | None) -> str:
        path = self._path(key)
        with self._said(path), self._alone():
            if _tag_at(path) != tag:
                raise OvertakenError(f"{path} was changed by somebody else in the meantime.")
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}{_NEW}")
            new.unlink(missing_ok=True)  # what a killed process left, which may be somebody else's
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                status = os.fstat(file.fileno())
            new.replace(path)
            _sync_folder(path.parent)
        return _tag(status)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers out; the lock goes with the process that has it."""
        self._ask_for_root()
        descriptor = _opened_lock(self._root / LOCK_FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _ask_for_root(self) -> None:
        """Refuse a folder that is not there: a share that is not mounted looks like an empty catalog."""
        if not self._root.is_dir():
            raise MissingError(
                f"The folder {self._root} is not there.",
                "Make it once with mkdir, or mount what belongs there.",
            )

    def _now(self) -> float:
        """The time by the clock that dates the files, which is the file server's on a share."""
        try:
            with tempfile.TemporaryFile(dir=self._root) as file:
                return os.fstat(file.fileno()).st_mtime
        except OSError:  # a folder that may only be read
            return time.time()

    @contextmanager
    def _said(self, path: Path) -> Iterator[None]:
        """Say in words what the disk refuses."""
        try:
            yield
        except OSError as error:
            raise MissingError(
                f"{path} cannot be used: {(error.strerror or str(error)).lower()}.",
                "Check the permissions and the free space (df -h).",
            ) from None


def _opened_lock(path: Path) -> int:
    """Open the lock's file, to be written, as NFS asks for a lock; that of somebody else only to be read."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    except PermissionError:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _tag_at(path: Path) -> str | None:
    try:
        return _tag(path.stat())
    except FileNotFoundError:
        return None


def _tag(status: os.stat_result) -> str:
    """Names one writing of a file: each has an inode and a time of its own."""
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
