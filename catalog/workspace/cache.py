"""Where the user's cache is, by the XDG base directory rules."""

from __future__ import annotations

import os
from pathlib import Path


def cache_root() -> Path:
    """Our part of the user's cache; it need not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "catalog"


def cache_folder(name: str) -> Path:
    """The folder `name` in our part of the user's cache; it need not exist yet."""
    return cache_root() / name
