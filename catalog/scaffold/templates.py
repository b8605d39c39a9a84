"""Fills the templates of this room: the name of a template with values goes in, a text comes out.

A template is stored as the file that it becomes, with `.tmpl` added, so that no tool takes it for a source
of this project; a leading dot, also of a folder, is stored as `dot-`, since packaging tends to drop hidden
files. Places to fill are written `@@{name}`: no language of the templates writes that, while `$` is in most
of them.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import PurePosixPath
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Template(Template):
    delimiter = "@@"


def filled(name: str, values: Mapping[str, str]) -> str:
    """The text of the template called `name` (`app/README.md`, `workspace/.gitignore`), with `values` in it.

    Raises:
        KeyError: the template names a value that is not given.
    """
    stored = files("catalog.scaffold").joinpath("templates", *_stored(PurePosixPath(name)).parts)
    return _Template(stored.read_bytes().decode()).substitute(values)


def _stored(path: PurePosixPath) -> PurePosixPath:
    visible = (f"dot-{part[1:]}" if part.startswith(".") else part for part in path.parts)
    stored = PurePosixPath(*visible)
    return stored.with_name(f"{stored.name}.tmpl")
