"""Moves what an earlier run made out of the way of one that is to be timed.

Nothing is deleted just before: for a while, ext4 gives no new file the number of one that was just deleted,
and passes over such numbers one by one (recently_deleted in fs/ext4/ialloc.c). Whoever makes many files next
would pay.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def put_aside(path: Path, attic: Path) -> None:
    """Move a file or folder, if it is there, into `attic`, a folder of the same file system."""
    attic.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.rename(attic / uuid.uuid4().hex)
