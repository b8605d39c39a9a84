"""When the sources of a bundle were last changed: the commit's time, or the newest file's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.workspace.extensions import select_folders
from catalog.workspace.folders import listing
from catalog.workspace.root import SETTINGS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from catalog.workspace.source_state import SourceState


def source_time(root: Path, state: SourceState, names: Sequence[str]) -> int:
    """Seconds since 1970 of the newest input of the extensions `names` in the workspace at `root`.

    In a clean checkout that is the commit's time, since a clone gives files the time of cloning.
    """
    if state.commit_time is not None and not state.dirty:
        return state.commit_time
    return max((int(path.stat().st_mtime) for path in _inputs(root, names)), default=0)


def _inputs(root: Path, names: Sequence[str]) -> Iterator[Path]:
    settings = root / SETTINGS_NAME
    if settings.is_file():
        yield settings
    for folder in select_folders(root, names):
        yield from (root / folder.directory / file for file in listing(root, folder).files)
