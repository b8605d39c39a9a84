"""Looks after the files of a cache: counts them, removes what nobody uses, hashes them again."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.cache_lease import locked, sweep
from catalog.bundle.output import disk_errors, read_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import timedelta

    BytesDone = Callable[[str, int, int | None], None]
    """Hears of a step: its label, the bytes done, the bytes in total if known."""

BLOBS = Path("blobs") / "sha256"
RECORDS = ("layers", "images", "sources", "packages", "syft")
_LABEL = "Checking the cache"


class CacheInfo(Struct, frozen=True):
    """How much there is (or was removed): files and their bytes; when they were last used, in UTC."""

    entries: int = 0
    bytes: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


class _File(Struct, frozen=True):
    path: Path
    size: int
    used: int  # nanoseconds, the file system's time


def info(folder: Path) -> CacheInfo:
    """What the cache in `folder` holds; nothing when it is not there."""
    return _summary(list(_files(folder)))


def prune(folder: Path, older_than: timedelta | None) -> CacheInfo:
    """Remove what was not used for `older_than` (None: everything); what a running program used stays.

    Returns:
        What was removed.

    Raises:
        MissingError: a file cannot be removed.
    """
    if not folder.is_dir():
        return CacheInfo()
    with disk_errors(folder), locked(folder, alone=True):
        running = sweep(folder)
        limit = None if older_than is None else time.time_ns() - int(older_than.total_seconds() * 1e9)
        ends = [end for end in (limit, running) if end is not None]
        old = [file for file in _files(folder) if not ends or file.used < min(ends)]
        for file in old:
            file.path.unlink(missing_ok=True)
        _remove_stale_records(folder)
    return _summary(old)


def corrupt(paths: Iterable[Path], progress: BytesDone) -> tuple[Path, ...]:
    """Those of the blobs `paths` whose content is not what their names say; hashed in threads.

    Raises:
        MissingError: a file cannot be read.
    """
    sized = [(path, path.stat().st_size) for path in paths if path.is_file()]
    total, done = sum(size for _, size in sized), 0
    progress(_LABEL, done, total)
    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (path, size), is_right in zip(
            sized, pool.map(_is_right, (path for path, _ in sized)), strict=True
        ):
            done += size
            progress(_LABEL, done, total)
            found += [] if is_right else [path]
    return tuple(found)


def remove(folder: Path, paths: Sequence[Path]) -> None:
    """Remove these blobs.

    Raises:
        MissingError: the disk refuses.
    """
    if paths:
        with disk_errors(folder), locked(folder, alone=True):
            for path in paths:
                path.unlink(missing_ok=True)


def blob_paths(folder: Path) -> tuple[Path, ...]:
    """Every blob there is."""
    return tuple(file.path for file in _files(folder))


def _files(folder: Path) -> Iterator[_File]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder / BLOBS) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # pruned meanwhile
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield _File(Path(entry.path), status.st_size, status.st_mtime_ns)


def _summary(files: Sequence[_File]) -> CacheInfo:
    times = [datetime.fromtimestamp(file.used / 1e9, UTC) for file in files]
    size = sum(file.size for file in files)
    return CacheInfo(len(files), size, min(times, default=None), max(times, default=None))


def _remove_stale_records(folder: Path) -> None:
    for kind in RECORDS:
        for record in list((folder / kind).rglob("*.json")):
            if not (folder / BLOBS / _target(record)).is_file():
                record.unlink(missing_ok=True)


def _target(record: Path) -> str:
    try:
        return str(json.loads(record.read_bytes())["blob"]).removeprefix("sha256:")
    except (OSError, ValueError, KeyError, TypeError):
        return "unreadable"


def _is_right(path: Path) -> bool:
    with read_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == path.name
