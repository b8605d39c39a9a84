"""Names the exact tool that runs: another one may make other results of the same sources."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import catalog
from catalog.workspace.assets import shipped
from catalog.workspace.kept import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSTALLED = (".dist-info", ".egg-info")  # the folders that installers leave, `click-8.1.7.dist-info`


@cache
def recipe() -> str:
    """A digest of this package's code and templates, of its libraries' versions, and of Python's.

    Raises:
        MissingError: the installation is damaged.
    """
    package = Path(catalog.__file__).parent
    return digest(
        platform.python_version(),
        *_libraries(),
        folder_digest(package, ".py"),
        folder_digest(shipped("site_templates")),
    )


def folder_digest(folder: Path, suffix: str = "") -> str:
    """A digest of the names and the content of all files below `folder` whose names end in `suffix`."""
    return digest(*_contents(str(folder), suffix))


def _libraries() -> Iterator[str]:
    """Name and version of all installed libraries; to read what each says of itself takes much longer."""
    for place in sys.path:
        # suppressed is what is no folder, such as a zip file
        with suppress(OSError), os.scandir(place or ".") as entries:
            yield from sorted(entry.name for entry in entries if entry.name.endswith(_INSTALLED))


def _contents(folder: str, suffix: str) -> Iterator[str | bytes]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if name.endswith(suffix):
                path = os.path.join(place, name)  # noqa: PTH118  # a Path for each costs more than reading
                with open(path, "rb") as file:  # noqa: PTH123
                    yield from (os.path.relpath(path, folder), file.read())
