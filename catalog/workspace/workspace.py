"""A workspace that was found and whose settings were read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.workspace.root import find_workspace, given_workspace
from catalog.workspace.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.workspace.settings import CatalogSettings


@dataclass(frozen=True, slots=True)
class Workspace:
    """The root folder (absolute) and the settings of a workspace."""

    root: Path
    settings: CatalogSettings


def open_workspace(given: Path | None, here: Path) -> Workspace:
    """The workspace at `given`, or the nearest one around `here`.

    Raises:
        UsageError: there is none, or its settings are not allowed.
    """
    root = given_workspace(given.resolve()) if given else find_workspace(here.resolve())
    return Workspace(root, load_settings(root))
