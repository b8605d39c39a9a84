"""Checks what only several extensions together can get wrong: names and pictures that are not their own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from catalog.model import codes
from catalog.model.picture import PUBLIC_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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


def check_previews(declared: Mapping[PurePosixPath, str]) -> tuple[Finding, ...]:
    """One finding for each manifest that names a published preview which another one names, too.

    `declared` has the `preview_image` of each manifest, by its path in the workspace. Only addresses where
    pictures were published already can be the same; paths in an extension are its own.
    """
    by_address: dict[str, list[PurePosixPath]] = defaultdict(list)
    for file, address in declared.items():
        if address.startswith(PUBLIC_PREFIXES):
            by_address[address].append(file)
    return tuple(
        _shared(file, address, same)
        for address, same in by_address.items()
        if len(same) > 1
        for file in sorted(same)
    )


def _shared(file: PurePosixPath, address: str, same: list[PurePosixPath]) -> Finding:
    others = " and ".join(str(other.parent) for other in sorted(same) if other != file)
    message = f"The preview {address} is that of {others}, too, so one of them shows the other's picture."
    hint = "Put its own picture into the extension, and write its path there, such as preview.png."
    return codes.PREVIEW_SHARED.at(file, message, ("preview_image",), hint)


def _clash(directory: PurePosixPath, same: list[PurePosixPath]) -> Finding:
    others = " and ".join(str(other) for other in sorted(same) if other != directory)
    message = f"{directory} has the same name as {others}; a catalog can hold only one of them."
    return codes.DUPLICATE_NAME.at(
        directory, message, hint="Rename all but one, and their names in kamiwaza.json."
    )
