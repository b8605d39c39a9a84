"""Copies of a published catalog as it was before each change, in the user's state folder.

They lie outside every workspace, so that no build or clean takes them away.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import TYPE_CHECKING

from catalog.errors import MissingError
from catalog.workspace.user_folders import state_home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEPT = 20
"""How many backups of one catalog are kept."""
_STEP_NS = 2_000_000_000  # no file system tells times apart less well


def backup_folder(address: str) -> Path:
    """Where the backups of the catalog at `address` are; it need not exist yet."""
    return state_home() / "catalog" / "backups" / re.sub(r"[^A-Za-z0-9.-]+", "-", address).strip("-.")


def keep_backup(folder: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write a backup called `name`, and remove all but those that were made last.

    Raises:
        MissingError: the disk refuses.
    """
    target = folder / name
    try:
        target.mkdir(parents=True, mode=0o700)
        for file, content in files.items():
            (target / file).write_bytes(content)
        others = sorted((path for path in folder.iterdir() if path.is_dir() and path != target), key=_made)
        _date_after(target, others)
        for old in others[: 1 - KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise MissingError(
            f"The backup {target} cannot be written: {(error.strerror or str(error)).lower()}. "
            "Nothing was published.",
            "Check the permissions and the free space (df -h); XDG_STATE_HOME names another place.",
        ) from None
    return target


def _made(backup: Path) -> tuple[int, str]:
    """What sorts backups in the order in which they were made."""
    return backup.stat().st_mtime_ns, backup.name


def _date_after(target: Path, others: Sequence[Path]) -> None:
    """Have the folder of a backup dated after all others, also when the clock was set back."""
    newest, now = _made(others[-1])[0] if others else 0, time.time_ns()
    date = now if now > newest else newest + _STEP_NS
    os.utime(target, ns=(date, date))
