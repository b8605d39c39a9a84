"""Remembers which bundle a path holds, so that an unchanged bundle is not written again.

SHA256SUMS names every byte of a bundle but the frame around them, which follows from bundle.json (ADR 17). A
file is taken for the bundle that was written there only while the file system says that nobody touched it.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from catalog.errors import MissingError
from catalog.workspace.cache import cache_folder
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from pathlib import Path


def written_before(target: Path, sums: bytes) -> str | None:
    """SHA-256 of the file at `target`, in hexadecimal, when it is the bundle with this list of digests.

    None when it is another, was touched, or is not remembered.
    """
    with suppress(OSError, ValueError, LookupError, TypeError):
        record: Any = json.loads(_record(target).read_bytes())
        if record == _facts(target, sums, str(record["sha256"])):
            return str(record["sha256"])
    return None


def remember_written(target: Path, sums: bytes, digest: str) -> None:
    """Note that `target` has just been written as the bundle with this list and this SHA-256.

    A cache that cannot be written costs the next run some time, and is no error.
    """
    with suppress(OSError, MissingError):
        record = _record(target)
        record.parent.mkdir(parents=True, exist_ok=True)
        write_file(record, json.dumps(_facts(target, sums, digest)).encode())


def _record(target: Path) -> Path:
    place = hashlib.sha256(os.fsencode(target.absolute())).hexdigest()
    return cache_folder("bundles") / f"{place}.json"


def _facts(target: Path, sums: bytes, digest: str) -> dict[str, object]:
    status = target.lstat()
    place = [status.st_dev, status.st_ino, status.st_mode, status.st_size]
    file = [*place, status.st_mtime_ns, status.st_ctime_ns]
    return {"sha256": digest, "sums": hashlib.sha256(sums).hexdigest(), "file": file}
