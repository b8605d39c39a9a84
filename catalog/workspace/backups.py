"""Copies of a published catalog as it was before each change, in the user's state folder.

They lie outside every workspace, so that no build or clean takes them away.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from catalog.errors import MissingError
from catalog.workspace.user_folders import state_home

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEPT = 20
"""How many backups of one catalog are kept."""


def backup_folder(address: str) -> Path:
    """Where the backups of the catalog at `address` are; it need not exist yet."""
    return state_home() / "catalog" / "backups" / re.sub(r"[^A-Za-z0-9.-]+", "-", address).strip("-.")


def keep_backup(folder: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write a backup called `name`, which sorts by time, and remove all but the newest ones.

    Raises:
        MissingError: the disk refuses.
    """
    target = folder / name
    try:
        target.mkdir(parents=True, mode=0o700)
        for file, content in files.items():
            (target / file).write_bytes(content)
        for old in sorted(path for path in folder.iterdir() if path.is_dir())[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise MissingError(
            f"The backup {target} cannot be written: {(error.strerror or str(error)).lower()}. "
            "Nothing was published.",
            "Check the permissions and the free space (df -h); XDG_STATE_HOME names another place.",
        ) from None
    return target
