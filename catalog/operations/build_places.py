"""Says which builds would take files from outside of the workspace, by a link on the way to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.appgarden.image_builds import ADDRESSES
from catalog.model import codes
from catalog.workspace.folders import leads_outside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.appgarden.image_builds import ImageBuild
    from catalog.model.extension import Extension
    from catalog.model.finding import Finding


def places_outside(root: Path, extension: Extension, build: ImageBuild) -> Iterator[Finding]:
    """An error for each place of a build that is not in the workspace at `root`, with every link followed."""
    source = extension.kamiwaza
    development = source.development if source else None
    file = development.path if development else extension.directory
    for place in dict.fromkeys(_places(build)):
        if leads_outside(root, root / extension.directory / place):
            message = (
                f"The service {build.service!r} is built with {place}, which leads out of the workspace."
            )
            hint = "Put a copy of what it needs in the place of the link."
            yield codes.OUTSIDE_WORKSPACE.at(file, message, ("services", build.service, "build"), hint)


def _places(build: ImageBuild) -> Iterator[str]:
    """Where its files are, relative to the extension."""
    yield from (str(build.context), str(build.dockerfile))
    yield from (value for value in build.contexts.values() if not value.startswith(ADDRESSES))
    yield from (place for _, kind, place in build.secrets if kind == "src")
