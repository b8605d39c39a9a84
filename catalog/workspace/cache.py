"""Where the tool's part of the user's cache is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.workspace.user_folders import cache_home

if TYPE_CHECKING:
    from pathlib import Path


def cache_root() -> Path:
    """Our part of the user's cache; it need not exist yet.

    Raises:
        MissingError: nobody knows where it would be.
    """
    return cache_home() / "catalog"


def cache_folder(name: str) -> Path:
    """The folder `name` in our part of the user's cache; it need not exist yet.

    Raises:
        MissingError: nobody knows where it would be.
    """
    return cache_root() / name
