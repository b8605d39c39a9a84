"""Checks what only several extensions together can get wrong: that each has a name of its own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding


def check_workspace(directories: Iterable[PurePosixPath]) -> tuple[Finding, ...]:
    """One finding for each of the extension folders (relative to the workspace) that share a name.

    A manifest's name must be its folder's (KZ105), so the folders' names are enough, and no file is read.
    """
    by_name: dict[str, list[PurePosixPath]] = defaultdict(list)
    for directory in dict.fromkeys(directories):
        by_name[directory.name].append(directory)
    return tuple(
        _clash(directory, same) for same in by_name.values() if len(same) > 1 for directory in sorted(same)
    )


def _clash(directory: PurePosixPath, same: list[PurePosixPath]) -> Finding:
    others = " and ".join(str(other) for other in sorted(same) if other != directory)
    message = f"{directory} has the same name as {others}; a catalog can hold only one of them."
    return codes.DUPLICATE_NAME.at(
        directory, message, hint="Rename all but one, and their names in kamiwaza.json."
    )
