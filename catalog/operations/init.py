"""Makes a workspace: folders, settings, Makefile; what is there already stays as it is."""

from __future__ import annotations

from pydantic import Field

from catalog.errors import ConflictError
from catalog.operations.result import PathField, Request, Result
from catalog.operations.schema import SchemaRequest, Subject, schema
from catalog.scaffold.editors import editor_files
from catalog.scaffold.workspace import workspace_files
from catalog.workspace.output_place import refuse_workspace_among_extensions
from catalog.workspace.writing import add_files

_EDITED = (Subject.KAMIWAZA, Subject.SETTINGS)
"""What people edit by hand."""


class InitRequest(Request):
    """Where the workspace is made, and the title of its catalog."""

    directory: PathField
    title: str = Field("Extension catalog", min_length=1)


class InitResult(Result):
    """The workspace, which of its files were written, and which were there already."""

    directory: PathField
    written: tuple[PathField, ...]
    kept: tuple[PathField, ...]


def init(request: InitRequest) -> InitResult:
    """Make the workspace, or complete one that lacks files.

    Raises:
        ConflictError: there is a file in the place of the directory.
        UsageError: it would lie among the extensions of another workspace.
        MissingError: the disk refuses.
    """
    root = request.directory
    if root.exists() and not root.is_dir():
        raise ConflictError(f"{root} is a file, so it cannot become a workspace.", "Choose another name.")
    refuse_workspace_among_extensions(root)
    files = (*workspace_files(request.title), *editor_files(*map(_schema, _EDITED)))
    written = add_files(root, files)
    kept = tuple(root / file.path for file in files if root / file.path not in written)
    return InitResult(directory=root, written=tuple(written), kept=kept)


def _schema(subject: Subject) -> str:
    return schema(SchemaRequest(subject=subject)).text
