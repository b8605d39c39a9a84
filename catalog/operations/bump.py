"""Raises the version in kamiwaza.json, leaving every other byte of the file as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from catalog.errors import FindingsError
from catalog.model.json_text import span_of
from catalog.model.manifest import MANIFEST_NAME
from catalog.model.names import Kind
from catalog.model.version import Level, bumped, parse_version
from catalog.operations.result import PathField, Request, Result
from catalog.operations.selection import only_one
from catalog.workspace.extensions import read_extension
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from catalog.workspace.workspace import Workspace


class BumpRequest(Request):
    """Which extension, and which part of its version rises."""

    name: str
    level: Level
    kind: Kind | None = None


class BumpResult(Result):
    """The version before and after, and the file that was written."""

    name: str
    before: str
    after: str
    file: PathField


def bump(workspace: Workspace, request: BumpRequest) -> BumpResult:
    """Write the raised version.

    Raises:
        FindingsError: there is no readable version in the file.
        MissingError: the file cannot be written.
    """
    folder = only_one(workspace, request.name, request.kind)
    path = folder.path / MANIFEST_NAME
    before, text = _current(workspace, request)
    after = str(bumped(parse_version(before), request.level))
    write_file(path.resolve(), _with_version(text, after).encode())  # a link leads to what was read
    return BumpResult(name=folder.name, before=before, after=after, file=path)


def _current(workspace: Workspace, request: BumpRequest) -> tuple[str, str]:
    """The version as written, and the text of the file."""
    extension = read_extension(workspace.root, only_one(workspace, request.name, request.kind))
    source = extension.kamiwaza
    if source is None or not source.has_version:
        raise FindingsError(
            f"{extension.directory}/{MANIFEST_NAME} has no version that can be raised.",
            f"See what is wrong with: catalog validate {extension.name}",
        )
    return source.manifest.version, source.manifest_document.text


def _with_version(text: str, version: str) -> str:
    """The text with the value of the top key `version` replaced."""
    start, end = span_of(text, "version")
    return text[:start] + json.dumps(version) + text[end:]
