"""Turns the relative paths of a service that stands in another folder's compose file.

Only the paths that are looked at are turned: those of builds, the sources of bind mounts, and the files of
secrets and configs.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import UnresolvedVariableError, resolved, split

if TYPE_CHECKING:
    from pathlib import PurePosixPath

_OTHER_SERVICE = "service:"


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
        result["build"] = _build(build, folder)
    if isinstance(volumes, list):
        result["volumes"] = [_mount(entry, folder) for entry in volumes]
    return result


def rebased_files(section: dict[str, Any], folder: PurePosixPath) -> dict[str, Any]:
    """The top-level `secrets` or `configs` in the same way: their files."""
    if str(folder) == ".":
        return section
    return {
        name: {**declared, "file": _turned(declared["file"], folder)}
        if isinstance(declared, dict) and isinstance(declared.get("file"), str)
        else declared
        for name, declared in section.items()
    }


def _build(build: dict[str, Any], folder: PurePosixPath) -> dict[str, Any]:
    declared, contexts = build.get("context"), build.get("additional_contexts")
    result = {**build, "context": _turned(declared if isinstance(declared, str) else ".", folder)}
    if isinstance(contexts, dict):
        result["additional_contexts"] = {name: _context(value, folder) for name, value in contexts.items()}
    elif isinstance(contexts, list):
        result["additional_contexts"] = [_named_context(entry, folder) for entry in contexts]
    return result


def _named_context(entry: Any, folder: PurePosixPath) -> Any:
    if not isinstance(entry, str):
        return entry
    name, sign, value = entry.partition("=")
    return f"{name}{sign}{_context(value, folder)}"


def _context(value: Any, folder: PurePosixPath) -> Any:
    is_path = isinstance(value, str) and value and not value.startswith(_OTHER_SERVICE)
    return _turned(value, folder) if is_path else value


def _mount(entry: Any, folder: PurePosixPath) -> Any:
    if isinstance(entry, str):
        source, *rest = split(entry)
        return ":".join((_source(source, folder), *rest)) if rest else entry
    declared = entry.get("source") if isinstance(entry, dict) else None
    return {**entry, "source": _source(declared, folder)} if isinstance(declared, str) else entry


def _source(text: str, folder: PurePosixPath) -> str:
    """The source of a mount, which is a path if it begins with a dot once its variables are filled in."""
    try:
        path = resolved(text)
    except UnresolvedVariableError:
        path = text
    return f"./{_turned(path, folder)}" if path.startswith(".") else text


def _turned(path: str, folder: PurePosixPath) -> str:
    """The path as one that is relative to where `folder` is; an address stays as it is."""
    return path if "://" in path else posixpath.normpath(posixpath.join(str(folder), path))
