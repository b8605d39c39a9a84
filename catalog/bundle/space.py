"""Whether there is room for what is about to be written, before the first byte is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from catalog.errors import MissingError
from catalog.model.byte_size import readable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RESERVE = 64 * 1024 * 1024
"""Bytes that stay free on every file system, for whoever else writes there."""


def require_space(needs: Mapping[Path, int]) -> None:
    """Refuse to begin where it cannot end well; `needs` maps folders (which may not exist yet) to bytes.

    Folders on the same file system are counted together.

    Raises:
        MissingError: a file system has less room than is needed; the message has the figures.
    """
    folders: dict[int, list[Path]] = {}
    for folder in needs:
        folders.setdefault(_existing(folder).stat().st_dev, []).append(folder)
    for together in folders.values():
        needed = sum(needs[folder] for folder in together) + RESERVE
        free = shutil.disk_usage(_existing(together[0])).free
        if free < needed:
            raise MissingError(
                f"{' and '.join(map(str, together))} need {readable(needed)}, "
                f"and the file system has {readable(free)} free. Nothing was written.",
                "Make room (catalog cache prune, old bundles in dist/), or name another folder: --out DIR",
            )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
