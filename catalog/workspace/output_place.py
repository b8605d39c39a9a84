"""Refuses to write where a workspace has its extensions: each folder there counts as one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.errors import UsageError
from catalog.model.manifest import MANIFEST_NAME
from catalog.model.names import Kind
from catalog.workspace.root import SETTINGS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = frozenset(kind.folder for kind in Kind)


def refuse_output_among_extensions(root: Path, out: Path, command: str) -> None:
    """See that `out`, relative to the workspace at `root`, is not among extensions; `command` is a way on.

    Raises:
        UsageError: it is, or would be.
    """
    place = _real(root / out)
    for folder in sorted(_KINDS):
        if place.is_relative_to(_real(root / folder)):
            raise UsageError(
                f"{root / out} lies in {folder}/, where each folder counts as an extension, so nothing is "
                "written there.",
                f"Choose another folder: {command}",
            )


def refuse_workspace_among_extensions(directory: Path) -> None:
    """See that a workspace at `directory` would not lie among the extensions of another.

    Raises:
        UsageError: it would.
    """
    for folder in _folders_of_extensions(_real(directory)):
        raise UsageError(
            f"{directory} lies in {folder}, where each folder counts as an extension of {folder.parent}.",
            "Make an extension with: catalog new app my-app, or a workspace elsewhere: catalog init DIR",
        )


def _folders_of_extensions(place: Path) -> Iterator[Path]:
    """What a workspace keeps its extensions in, from `place` upward; the name alone is too little."""
    for folder in (place, *place.parents):
        if folder.name in _KINDS:
            has_settings = (folder.parent / SETTINGS_NAME).is_file()
            if has_settings or any(folder.glob(f"*/{MANIFEST_NAME}")):
                yield folder


def _real(path: Path) -> Path:
    """The path with every link followed; unlike Path.resolve, also through a link to itself."""
    return Path(os.path.realpath(path))
