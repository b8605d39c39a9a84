"""Lists the extensions of a workspace."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.model import codes
from catalog.model.compose import DEPLOYMENT_NAME, DEVELOPMENT_NAMES
from catalog.model.manifest import MANIFEST_NAME
from catalog.model.names import Kind
from catalog.operations.result import PurePathField, Result
from catalog.operations.selection import Selection, selected
from catalog.workspace.extensions import README_NAME, read_extensions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.extension import Extension
    from catalog.workspace.workspace import Workspace


class Row(Result):
    """One extension: what it is, and which of its files are there.

    `version` is empty where what was written is none; `unusable` names the files that are there but cannot be
    used. An extension with such a file, or without a version, `is_broken`.
    """

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
    unusable: tuple[str, ...] = ()
    is_broken: bool = False


class ListResult(Result):
    """The extensions in order of kind and name."""

    extensions: tuple[Row, ...]

    @property
    def broken(self) -> int:
        """How many of them are broken."""
        return sum(row.is_broken for row in self.extensions)


def list_extensions(workspace: Workspace, request: Selection) -> ListResult:
    """The extensions that the request means, broken ones included."""
    folders = selected(workspace, request)
    return ListResult(
        extensions=tuple(_row(extension) for extension in read_extensions(workspace.root, folders))
    )


def _row(extension: Extension) -> Row:
    unusable = tuple(_unusable(extension))
    return Row(
        name=extension.name,
        kind=extension.kind,
        version=extension.written_version,
        description=extension.description,
        directory=extension.directory,
        has_manifest=_has(extension, MANIFEST_NAME),
        has_compose=any(_has(extension, name) for name in DEVELOPMENT_NAMES),
        has_appgarden=_has(extension, DEPLOYMENT_NAME),
        has_dockerfile=any(path.name == "Dockerfile" for path in extension.files),
        has_readme=README_NAME in extension.files,
        unusable=unusable,
        is_broken=bool(unusable) or not extension.written_version,
    )


def _unusable(extension: Extension) -> Iterator[str]:
    """The files that are there but cannot be used; without a manifest nobody looks at the others."""
    source = extension.kamiwaza
    if source is None:
        if _has(extension, MANIFEST_NAME):
            yield MANIFEST_NAME
        return
    if source.development is None:
        yield from [name for name in DEVELOPMENT_NAMES if _has(extension, name)][:1]
    if source.deployment is None and _has(extension, DEPLOYMENT_NAME):
        yield DEPLOYMENT_NAME


def _has(extension: Extension, name: str) -> bool:
    """Whether there is such a file, or a link that leads out of the workspace."""
    path = extension.directory / name
    leads_out = any(one.file == path and one.code is codes.OUTSIDE_WORKSPACE for one in extension.findings)
    return leads_out or PurePosixPath(name) in extension.files
