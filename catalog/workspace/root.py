"""Finds the workspace: the folder that holds `apps/`, `services/` and `tools/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import UsageError
from catalog.model.names import Kind

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS_NAME = "catalog.toml"
_NESTED = "extensions"


def find_workspace(start: Path) -> Path:
    """The workspace that `start` lies in: the nearest folder upward that is one or has one in `extensions/`.

    Raises:
        UsageError: there is none up to the root of the file system.
    """
    for folder in (start, *start.parents):
        if is_workspace(folder):
            return folder
        if is_workspace(folder / _NESTED):
            return folder / _NESTED
    raise UsageError(
        f"{start} is in no workspace: no folder upward has {SETTINGS_NAME}, apps/, services/ or tools/.",
        "Make one with: catalog init DIR, or name one with: catalog --workspace DIR",
    )


def given_workspace(folder: Path) -> Path:
    """The workspace that a person named with `--workspace`: the folder itself, or its `extensions/`.

    Raises:
        UsageError: neither is a workspace.
    """
    for candidate in (folder, folder / _NESTED):
        if is_workspace(candidate):
            return candidate
    raise UsageError(
        f"{folder} is not a workspace: it has no {SETTINGS_NAME}, apps/, services/ or tools/.",
        f"Make it one with: catalog init {folder}",
    )


def is_workspace(folder: Path) -> bool:
    """Whether the folder has a settings file or a folder of extensions."""
    return (folder / SETTINGS_NAME).is_file() or any((folder / kind.folder).is_dir() for kind in Kind)
