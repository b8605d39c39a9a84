"""Tolerant looks into the data of a compose file; what has the wrong form counts as absent."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVELOPMENT_NAMES = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
"""The names of a development file, the preferred one first."""
DEPLOYMENT_NAME = "docker-compose.appgarden.yml"
_HERE = PurePosixPath()


class BuildSection(Struct, frozen=True):
    """Where a service's image is built: paths relative to the compose file, normalised.

    `target` is the stage that is built, empty for the last one; `inline` is the text of a Dockerfile that
    stands in the compose file itself, None if there is none.
    """

    context: PurePosixPath
    dockerfile: PurePosixPath
    target: str = ""
    inline: str | None = None


def services(data: Any) -> dict[str, dict[str, Any]]:
    """The services of a compose file that are mappings, by name, in their order."""
    section = data.get("services") if isinstance(data, dict) else None
    if not isinstance(section, dict):
        return {}
    return {name: service for name, service in section.items() if isinstance(service, dict)}


def build_section(service: dict[str, Any]) -> BuildSection | None:
    """The build section of a service in either form, None without one."""
    build = service.get("build")
    if isinstance(build, str):
        build = {"context": build}
    if not isinstance(build, dict):
        return None
    context, inline = _path(build.get("context"), "."), build.get("dockerfile_inline")
    return BuildSection(
        _normal(context),
        _normal(posixpath.join(context, _path(build.get("dockerfile"), "Dockerfile"))),
        _path(build.get("target"), ""),
        inline if isinstance(inline, str) else None,
    )


def build_sections(data: Any, folder: PurePosixPath = _HERE) -> Iterator[tuple[str, BuildSection]]:
    """Every service that a file in `folder` builds, with paths relative to where `folder` is."""
    for name, service in services(data).items():
        section = build_section(service)
        if section is not None and folder == _HERE:
            yield name, section
        elif section is not None:
            context = _normal(posixpath.join(folder, section.context))
            dockerfile = _normal(posixpath.join(folder, section.dockerfile))
            yield name, replace(section, context=context, dockerfile=dockerfile)


def referenced_files(data: Any, folder: PurePosixPath = _HERE) -> Iterator[PurePosixPath]:
    """The other compose files that `extends` and `include` of a file in `folder` name, normalised."""
    for name in _referenced_names(data):
        yield _normal(posixpath.join(folder, name))


def _referenced_names(data: Any) -> Iterator[str]:
    for service in services(data).values():
        extends = service.get("extends")
        if isinstance(extends, dict) and isinstance(extends.get("file"), str):
            yield extends["file"]
    include = data.get("include") if isinstance(data, dict) else None
    for item in include if isinstance(include, list) else []:
        yield from _included(item)


def _included(item: Any) -> Iterator[str]:
    paths = item.get("path") if isinstance(item, dict) else item
    for path in paths if isinstance(paths, list) else [paths]:
        if isinstance(path, str):
            yield path


def _path(value: Any, default: str) -> str:
    return value if isinstance(value, str) and value else default


@lru_cache(maxsize=1024)
def _normal(path: str) -> PurePosixPath:
    return PurePosixPath(posixpath.normpath(path))


def limits(service: dict[str, Any]) -> dict[str, Any]:
    """The resource limits of a service (`deploy.resources.limits`), empty without any."""
    value: Any = service
    for key in ("deploy", "resources", "limits"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def texts(values: Any) -> tuple[str, ...]:
    """The items of a list as short text: plain ones as they are, mappings by their source and target."""
    items = values if isinstance(values, list) else []
    return tuple(_short(item) for item in items)


def _short(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    return ":".join(str(item[key]) for key in ("source", "target") if key in item)
