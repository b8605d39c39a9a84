"""A workspace that was found and whose settings were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.suppression import NO_SUPPRESSIONS
from catalog.workspace.root import find_workspace, given_workspace
from catalog.workspace.settings import load_settings
from catalog.workspace.suppressions import load_suppressions

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.model.suppression import Suppressions
    from catalog.workspace.settings import CatalogSettings


class Workspace(Struct, frozen=True):
    """The root folder (absolute), the settings and the suppressions of a workspace."""

    root: Path
    settings: CatalogSettings
    suppressions: Suppressions = NO_SUPPRESSIONS


def open_workspace(given: Path | None, here: Path) -> Workspace:
    """The workspace at `given`, or the nearest one around `here`.

    Raises:
        UsageError: there is none, or its settings or suppressions are not allowed.
    """
    root = given_workspace(given.resolve()) if given else find_workspace(here.resolve())
    return Workspace(root, load_settings(root), load_suppressions(root))
