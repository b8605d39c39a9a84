"""Finds the folders of whoever runs the program, by the XDG base directory rules."""

from __future__ import annotations

import os
from pathlib import Path

from catalog.errors import MissingError


def home() -> Path:
    """The home folder; it need not exist.

    Raises:
        MissingError: HOME is not set, and the system does not know the user, as in some containers.
    """
    try:
        return Path.home()
    except RuntimeError:
        raise MissingError(
            "There is no home folder: HOME is not set, and the system does not know this user.",
            "Name one that can be written: HOME=/var/tmp/catalog catalog …",
        ) from None


def cache_home() -> Path:
    """Where programs keep what can be made again; it need not exist.

    Raises:
        MissingError: there is no home folder.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or home() / ".cache")


def state_home() -> Path:
    """Where programs keep what is to outlive them; it need not exist.

    Raises:
        MissingError: there is no home folder.
    """
    return Path(os.environ.get("XDG_STATE_HOME") or home() / ".local" / "state")
