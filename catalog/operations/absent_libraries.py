"""Tells of packages of shared libraries that an image's sources name and that were not copied there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import FindingsError
from catalog.workspace.library_references import missing, references
from catalog.workspace.shared_libraries import shared_libraries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catalog.operations.image_recipe import PlannedImage
    from catalog.workspace.shared_libraries import Library


def known_libraries(root: Path) -> tuple[Library, ...]:
    """The shared libraries; none when one cannot be read, since most images need none."""
    try:
        return tuple(shared_libraries(root))
    except FindingsError:
        return ()


def refuse_absent_libraries(image: PlannedImage, libraries: Sequence[Library]) -> None:
    """Stop before an engine says the same in words that lead nowhere.

    Raises:
        FindingsError: a package that the sources of the image name is not there.
    """
    if not libraries:
        return
    context = image.build.context
    files = [file for file in image.extension.files if file.is_relative_to(context)]
    for reference, name in missing(references(image.folder, files, libraries)):
        file = reference.file.relative_to(image.folder)
        raise FindingsError(
            f"{image.extension.directory / file} names {name}, which is not there",
            f"Run: catalog libs build && catalog libs install {image.extension.name}",
        )
