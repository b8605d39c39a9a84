"""Turns the relative paths of a service that stands in another folder's compose file.

Only the paths that the transform looks at are turned: build contexts and the sources of bind mounts.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import PurePosixPath


def rebased(service: dict[str, Any], folder: PurePosixPath) -> dict[str, Any]:
    """A copy of `service` whose relative paths start where `folder` is relative to."""
    result = dict(service)
    if str(folder) == ".":
        return result
    build: Any = service.get("build")
    volumes = service.get("volumes")
    if isinstance(build, str):
        result["build"] = _turned(build, folder)
    elif isinstance(build, dict):
        declared = build.get("context")
        context = declared if isinstance(declared, str) else "."
        result["build"] = {**build, "context": _turned(context, folder)}
    if isinstance(volumes, list):
        result["volumes"] = [_mount(entry, folder) for entry in volumes]
    return result


def _mount(entry: Any, folder: PurePosixPath) -> Any:
    if isinstance(entry, str) and entry.startswith("."):
        source, colon, rest = entry.partition(":")
        return f"./{_turned(source, folder)}{colon}{rest}"
    declared = entry.get("source") if isinstance(entry, dict) else None
    if isinstance(declared, str) and declared.startswith("."):
        return {**entry, "source": f"./{_turned(declared, folder)}"}
    return entry


def _turned(path: str, folder: PurePosixPath) -> str:
    return posixpath.normpath(posixpath.join(str(folder), path))
