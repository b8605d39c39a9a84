"""Lists the extensions of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.model.names import Kind
from catalog.operations.result import PurePathField, Result
from catalog.operations.selection import Selection, selected
from catalog.workspace.extensions import README_NAME, read_extensions

if TYPE_CHECKING:
    from catalog.model.extension import Extension
    from catalog.workspace.workspace import Workspace


class Row(Result):
    """One extension: what it is, and which of its files are there."""

    name: str
    kind: Kind
    version: str
    description: str
    directory: PurePathField
    has_manifest: bool
    has_compose: bool
    has_appgarden: bool
    has_dockerfile: bool
    has_readme: bool


class ListResult(Result):
    """The extensions in order of kind and name."""

    extensions: tuple[Row, ...]


def list_extensions(workspace: Workspace, request: Selection) -> ListResult:
    """The extensions that the request means, broken ones included."""
    folders = selected(workspace, request)
    return ListResult(
        extensions=tuple(_row(extension) for extension in read_extensions(workspace.root, folders))
    )


def _row(extension: Extension) -> Row:
    source = extension.kamiwaza
    return Row(
        name=extension.name,
        kind=extension.kind,
        version=extension.version,
        description=extension.description,
        directory=extension.directory,
        has_manifest=source is not None,
        has_compose=source is not None and source.development is not None,
        has_appgarden=source is not None and source.deployment is not None,
        has_dockerfile=any(path.name == "Dockerfile" for path in extension.files),
        has_readme=README_NAME in extension.files,
    )
