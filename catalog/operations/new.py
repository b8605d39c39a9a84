"""Makes a new extension in the workspace, with its App Garden file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import ConflictError, UsageError
from catalog.model.names import MAX_NAME_LENGTH, Kind, is_name, kind_by_prefix, with_prefix
from catalog.operations.result import PathField, Request, Result
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.scaffold.extension import extension_files, next_steps
from catalog.workspace.folders import extension_folders
from catalog.workspace.writing import create_tree

if TYPE_CHECKING:
    from catalog.workspace.workspace import Workspace


class NewRequest(Request):
    """What kind of extension, and what it is called; the prefix of the kind is added where it lacks."""

    kind: Kind
    name: str


class NewResult(Result):
    """The extension that was made; `asked` is the name as it was asked for."""

    kind: Kind
    name: str
    asked: str
    directory: PathField
    next_steps: tuple[str, ...]


def new(workspace: Workspace, request: NewRequest) -> NewResult:
    """Make the extension.

    Raises:
        UsageError: the name cannot be one of this kind.
        ConflictError: there is an extension of this name already.
        MissingError: the disk refuses.
    """
    name = _checked_name(request)
    for folder in extension_folders(workspace.root):
        if folder.name == name:
            raise ConflictError(
                f"There is an extension {name!r} already: {folder.path}", "Choose another name."
            )
    directory = workspace.root / request.kind.folder / name
    organization = workspace.settings.organization
    create_tree(directory, extension_files(request.kind, name, organization))
    sync_compose(workspace, SyncRequest(names=(name,), kind=request.kind))
    return NewResult(
        kind=request.kind,
        name=name,
        asked=request.name,
        directory=directory,
        next_steps=next_steps(request.kind, name),
    )


def _checked_name(request: NewRequest) -> str:
    name = with_prefix(request.name, request.kind)
    if not is_name(name):
        raise UsageError(
            f"{request.name!r} cannot be a name: names have lower-case letters, digits and hyphens, begin "
            f"with a letter and are at most {MAX_NAME_LENGTH} characters long.",
            f"For example: catalog new {request.kind.value} my-{request.kind.value}",
        )
    meant = kind_by_prefix(name)
    if meant is not request.kind:
        raise UsageError(
            f"The platform takes {name!r} for a {meant.value}, because of its prefix.",
            f"Make that with: catalog new {meant.value} {name}, or choose another name.",
        )
    return name
