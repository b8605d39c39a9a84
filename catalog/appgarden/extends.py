"""Resolves `extends` and `include`: one document that needs no other file.

The other files were read beforehand (`Development.documents`). What cannot be found, runs in a circle or
disagrees is a finding; paths in a file of another folder are turned so that they start at the extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.appgarden.development import development_of, normal
from catalog.appgarden.merging import merged
from catalog.appgarden.place import gathered
from catalog.appgarden.rebasing import rebased, rebased_files
from catalog.appgarden.sections import mapping, strings, wrong_form
from catalog.model import codes, compose

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from catalog.appgarden.development import Development
    from catalog.appgarden.place import Found, Place
    from catalog.model.extension import Extension

MAX_CHAIN = 32  # far beyond what people write, well below what recursion takes
_SHARED_SECTIONS = ("services", "volumes", "networks", "configs", "secrets", "models")
_WITH_FILES = frozenset({"configs", "secrets"})
_Trail = tuple[tuple["PurePosixPath", str], ...]


class _Definition(Struct, frozen=True):
    """A service of one of the files, and the extends that led to it."""

    file: PurePosixPath
    name: str
    value: Any
    trail: _Trail = ()


def self_contained(development: Development) -> Found[dict[str, Any]]:
    """The development file with its `include` and every `extends` resolved; it is not changed."""
    data = development.data
    if not isinstance(data, dict):
        message, hint = "The file is not a mapping (key: value).", "Begin with a key, such as: services:"
        yield development.place.finding(codes.NOT_A_MAPPING, message, hint)
        return {}
    services = data.get("services")
    if "include" not in data and not _any_extends(services):
        return data
    data = yield from _with_services(development, development.own, data)
    return (yield from _included(development, data))


def resolved_services(extension: Extension) -> dict[str, dict[str, Any]]:
    """The services of an extension's development file with `include` and every `extends` resolved."""
    source = extension.kamiwaza
    if source is None or source.development is None:
        return {}
    data, _ = gathered(self_contained(development_of(extension, "")))
    return compose.services(data)


def _any_extends(services: Any) -> bool:
    return isinstance(services, dict) and any(
        isinstance(service, dict) and "extends" in service for service in services.values()
    )


def _with_services(
    development: Development, file: PurePosixPath, data: dict[str, Any]
) -> Found[dict[str, Any]]:
    """`data`, the document of `file`, with every `extends` in it resolved."""
    services = data.get("services")
    if not isinstance(services, dict):
        return data
    result = {}
    for name, value in services.items():
        definition = _Definition(file, name, value)
        result[name] = yield from _extended(development, definition, development.place / "services" / name)
    return {**data, "services": result}


def _extended(development: Development, definition: _Definition, place: Place) -> Found[Any]:
    value = definition.value
    if not isinstance(value, dict):
        return value
    value = rebased(value, definition.file.parent)
    extends = value.pop("extends", None)
    if extends is None:
        return value
    base = yield from _base(development, definition, extends, place / "extends")
    if base is None:
        return value
    inherited = yield from _extended(development, base, place)
    return merged(inherited, value) if isinstance(inherited, dict) else value


def _base(
    development: Development, definition: _Definition, extends: Any, place: Place
) -> Found[_Definition | None]:
    """The service that `extends` names."""
    section = {"service": extends} if isinstance(extends, str) else (yield from mapping(extends, place))
    name, path = section.get("service"), section.get("file")
    if not isinstance(name, str) or not isinstance(path, str | None):
        yield wrong_form(extends, place, "a service, and the file that has it")
        return None
    file = definition.file if path is None else normal(definition.file.parent / path)
    trail = (*definition.trail, (definition.file, definition.name))
    services = _services(development.documents.get(file))
    if (file, name) in trail or len(trail) > MAX_CHAIN:
        problem = f"{definition.name!r} extends {name!r} in a circle, or over more than {MAX_CHAIN} steps."
        yield place.finding(codes.REFERENCE_UNRESOLVED, problem, "Take one of these extends away.")
    elif name not in services:
        problem = f"{definition.name!r} extends the service {name!r} of {file}, which is not there."
        hint = f"Add it to {file} in this extension, or write the service out."
        yield place.finding(codes.REFERENCE_UNRESOLVED, problem, hint)
    else:
        return _Definition(file, name, services[name], trail)
    return None


def _included(development: Development, data: dict[str, Any]) -> Found[dict[str, Any]]:
    """`data` with the sections of the files that it includes behind its own."""
    result = {key: value for key, value in data.items() if key != "include"}
    place = development.place / "include"
    for file in (yield from _included_files(development, development.own, data, place)):
        document = yield from _with_services(development, file, development.documents[file])
        for section in _SHARED_SECTIONS:
            theirs = document.get(section)
            if isinstance(theirs, dict):
                theirs = rebased_files(theirs, file.parent) if section in _WITH_FILES else theirs
                ours = yield from mapping(result.get(section), development.place / section)
                yield from _disagreements(ours, theirs, file, place)
                result[section] = {**ours, **{key: theirs[key] for key in theirs if key not in ours}}
    return result


def _disagreements(
    ours: dict[str, Any], theirs: dict[str, Any], file: PurePosixPath, place: Place
) -> Found[None]:
    for name, inner in theirs.items():
        if name in ours and ours[name] != inner:
            problem = f"{name!r} stands both here and in the included {file}, and differs."
            hint = "Rename one of them, or use extends."
            yield place.finding(codes.REFERENCE_UNRESOLVED, problem, hint)


def _included_files(
    development: Development, own: PurePosixPath, data: dict[str, Any], place: Place
) -> Found[list[PurePosixPath]]:
    """The files that `data` includes, in turn, each once and in their order."""
    found: dict[PurePosixPath, None] = {}
    waiting: list[tuple[tuple[PurePosixPath, ...], dict[str, Any]]] = [((own,), data)]
    while waiting:
        trail, document = waiting.pop(0)
        for path in (yield from _include_paths(document.get("include"), trail[-1].parent, place)):
            file = normal(trail[-1].parent / path)
            inner = development.documents.get(file)
            if file in trail:
                problem = f"{trail[-1]} includes {path!r} in a circle."
                yield place.finding(codes.REFERENCE_UNRESOLVED, problem, "Take one of these includes away.")
            elif not isinstance(inner, dict):
                problem = f"{trail[-1]} includes {path!r}, which is not a compose file of this extension."
                hint = f"Put {file} into the extension, or write its services out."
                yield place.finding(codes.REFERENCE_UNRESOLVED, problem, hint)
            elif file not in found:
                found[file] = None
                waiting.append(((*trail, file), inner))
    return list(found)


def _include_paths(include: Any, folder: PurePosixPath, place: Place) -> Found[list[str]]:
    """The files that an `include` names, of a file in `folder`."""
    items = [include] if isinstance(include, str | dict) else include
    if not isinstance(items, list | None):
        yield wrong_form(include, place, "a list of files")
    paths: list[str] = []
    for index, item in enumerate(items if isinstance(items, list) else []):
        named = yield from strings(item.get("path") if isinstance(item, dict) else item, place / index)
        paths += named
        if isinstance(item, dict):
            yield from _check_start(item.get("project_directory"), named, folder, place / index)
    return paths


def _check_start(start: Any, paths: list[str], folder: PurePosixPath, place: Place) -> Found[None]:
    """Refuse files whose paths do not start where they lie: nothing else here would look there."""
    for path in paths if start is not None else ():
        if normal(folder / path).parent != normal(folder / str(start)):
            problem = f"The paths in the included {path!r} start at {start!r}, its project_directory."
            hint = "Take project_directory away, and write them so that they start where the file lies."
            yield place.finding(codes.REFERENCE_UNRESOLVED, problem, hint)


def _services(document: Any) -> dict[str, Any]:
    services = document.get("services") if isinstance(document, dict) else None
    return services if isinstance(services, dict) else {}
