"""Which extensions a request means: names and kind, the same for every operation that takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import UsageError
from catalog.model.names import Kind
from catalog.operations.result import Request
from catalog.workspace.extensions import select_folders

if TYPE_CHECKING:
    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.workspace import Workspace


class Selection(Request):
    """Some extensions: those with these names (all, when empty), of this kind (any, when None)."""

    names: tuple[str, ...] = ()
    kind: Kind | None = None


def selected(workspace: Workspace, selection: Selection) -> list[ExtensionFolder]:
    """The folders that the selection means.

    Raises:
        UsageError: a name is unknown.
    """
    return select_folders(workspace.root, selection.names, selection.kind)


def only_one(workspace: Workspace, name: str, kind: Kind | None) -> ExtensionFolder:
    """The one folder called `name`.

    Raises:
        UsageError: there is none, or there are several of different kinds.
    """
    folders = select_folders(workspace.root, (name,), kind)
    if len(folders) > 1:
        kinds = " and ".join(folder.kind.value for folder in folders)
        raise UsageError(f"{name!r} is the name of several extensions: {kinds}.", "Say which with --type.")
    return folders[0]
