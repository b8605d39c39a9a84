"""Reads the catalogs of a bundle of the older template, whose text is taken over as it is."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.errors import IntegrityError
from catalog.model.json_text import read_foreign_json
from catalog.model.names import Kind
from catalog.model.yaml_text import DocumentError
from catalog.registry.image_names import qualified, relocated
from catalog.registry.layout import APPS_FILE, TOOLS_FILE
from catalog.registry.registry import catalog_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_IMAGE_LISTS = ("docker_images", "extra_docker_images")
_IMAGE_LINE = re.compile(r"(?m)^([ \t]*(?:-[ \t]+)?image:[ \t]*)([\"']?)([^\s\"'#]+)(\2)(?=\s|$)")


class OldEntry(Struct, frozen=True):
    """An extension of a catalog, and the references of its images as the catalog writes them."""

    name: str
    kind: Kind
    version: str
    refs: tuple[str, ...]


def read_checked(path: Path, name: str, content: bytes) -> Any:
    """The JSON value of a file; `path` is the tarball, for messages.

    Raises:
        IntegrityError: it is not JSON.
    """
    try:
        return read_foreign_json(content.decode("utf-8-sig"))
    except DocumentError as error:
        raise IntegrityError(f"{path} is refused: its {name} is not JSON: {error.told}.") from None
    except UnicodeDecodeError as error:
        raise IntegrityError(f"{path} is refused: its {name} is not JSON: {error}.") from None


def entries_of(path: Path, files: Mapping[str, bytes], garden: str) -> Iterator[OldEntry]:
    """The extensions of all catalogs; those of `garden` count, the others must only be sound.

    Raises:
        IntegrityError: a catalog is not a list of objects that have names.
    """
    for name, content in sorted(files.items()):
        file = PurePosixPath(name)
        if file.name in {APPS_FILE, TOOLS_FILE}:
            entries = list(_objects(path, name, content))
            if str(file.parent) == garden:
                yield from (_entry(entry, file.name) for entry in entries)


def relocated_catalog(path: Path, name: str, content: bytes) -> bytes:
    """The catalog with every image named as in a private registry whose address is still to be put in."""
    return catalog_json([_relocated(entry) for entry in _objects(path, name, content)])


def _objects(path: Path, name: str, content: bytes) -> Iterator[dict[str, Any]]:
    value = read_checked(path, name, content)
    if not isinstance(value, list):
        raise IntegrityError(f"{path} is refused: its {name} is not a list of extensions.")
    for entry in value:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
            raise IntegrityError(f"{path} is refused: its {name} has an entry without a name.")
        if not f"{entry['name']}{entry.get('version', '')}".isprintable():
            raise IntegrityError(
                f"{path} is refused: its {name} has a name or version that no line can hold."
            )
        yield entry


def _entry(data: dict[str, Any], file: str) -> OldEntry:
    is_service = data.get("template_type") == Kind.SERVICE.value
    kind = Kind.TOOL if file == TOOLS_FILE else Kind.SERVICE if is_service else Kind.APP
    return OldEntry(data["name"], kind, str(data.get("version", "")), tuple(_refs(data)))


def _refs(data: dict[str, Any]) -> dict[str, None]:
    """Every image that an entry names, each once: in its lists, alone, and in its compose text."""
    refs: dict[str, None] = {}

    def note(ref: str) -> str:
        refs[ref] = None
        return ref

    _rewritten(data, note)
    return refs


def _relocated(data: dict[str, Any]) -> dict[str, Any]:
    return _rewritten(data, relocated)


def _rewritten(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """The entry with `change` applied to every image reference that it holds."""
    result = dict(data)
    for key in _IMAGE_LISTS:
        if isinstance(data.get(key), list):
            result[key] = [change(ref) if isinstance(ref, str) else ref for ref in data[key]]
    if isinstance(data.get("image"), str):
        result["image"] = change(data["image"])
    if isinstance(data.get("compose_yml"), str):
        result["compose_yml"] = _IMAGE_LINE.sub(
            lambda match: f"{match[1]}{match[2]}{change(match[3])}{match[4]}", data["compose_yml"]
        )
    return result


def full_name(ref: str) -> str | None:
    """The reference in full; None when it is no reference."""
    try:
        return qualified(ref)
    except ValueError:
        return None
