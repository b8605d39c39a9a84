"""Reads the text of package databases; what is not understood is left out."""

from __future__ import annotations

import io
import json
import re
import shlex
from typing import TYPE_CHECKING

from catalog.bundle.packages_value import Package, System

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.bundle.packages_value import PackageKind

MAX_PACKAGES = 100_000
"""Of a layer; a parser stops at the one after, so that a hostile database fills no memory."""
_MAX_TEXT = 512
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SOURCE = re.compile(r"(\S+)(?:\s+\(([^)]*)\))?")
_NOT_THERE = frozenset({"not-installed", "config-files"})


class DatabaseError(Exception):
    """A package database cannot be read; the text says why."""


def dpkg(content: bytes) -> tuple[Package, ...]:
    """The installed packages of a dpkg `status` file, or of a file in the `status.d` of distroless images."""
    found: list[Package] = []
    for stanza in _stanzas(content):
        if len(found) > MAX_PACKAGES:
            break
        status = stanza.get("Status", "").split()
        if not status or status[-1] not in _NOT_THERE:
            source = _SOURCE.match(stanza.get("Source", ""))
            found += described(
                "deb",
                stanza.get("Package"),
                stanza.get("Version"),
                arch=stanza.get("Architecture", ""),
                source=source[1] if source else "",
                source_version=(source[2] or "") if source else "",
            )
    return tuple(found)


def apk(content: bytes) -> tuple[Package, ...]:
    """The packages of an apk `installed` file."""
    found: list[Package] = []
    for stanza in _stanzas(content):
        if len(found) > MAX_PACKAGES:
            break
        arch, origin = stanza.get("A", ""), stanza.get("o", "")
        found += described("apk", stanza.get("P"), stanza.get("V"), arch=arch, source=origin)
    return tuple(found)


def python(content: bytes) -> tuple[Package, ...]:
    """The Python package whose METADATA or PKG-INFO begins with `content`."""
    stanza = next(_stanzas(content), {})
    return described("pypi", stanza.get("Name"), stanza.get("Version"))


def package_json(content: bytes) -> tuple[Package, ...]:
    """The npm package that a package.json describes."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(document, dict):
        return ()
    return described("npm", document.get("name"), document.get("version"))


def os_release(content: bytes) -> System | None:
    """The distribution; None without an `ID`."""
    values = {}
    for line in _text(content).splitlines():
        key, equals, value = line.strip().partition("=")
        if equals:
            values[key] = _clean(_unquoted(value))
    if not values.get("ID"):
        return None
    return System(id=values["ID"], version=values.get("VERSION_ID", ""), title=values.get("PRETTY_NAME", ""))


def described(kind: PackageKind, name: object, version: object, **more: str) -> tuple[Package, ...]:
    """The package, or nothing without a name; a source of the same name and version says nothing new."""
    if not (known := _clean(name)):
        return ()
    texts = {key: _clean(text) for key, text in more.items()}
    package = Package(kind=kind, name=known, version=_clean(version), **texts)
    if package.source == package.name:
        package = package.model_copy(update={"source": ""})
    if package.source_version == package.version:
        package = package.model_copy(update={"source_version": ""})
    return (package,)


def _stanzas(content: bytes) -> Iterator[dict[str, str]]:
    """Blocks of `Key: value` lines with blank lines between them; continued lines are left out."""
    stanza: dict[str, str] = {}
    for raw in io.BytesIO(content):
        line = _text(raw)
        if not line.strip():
            if stanza:
                yield stanza
            stanza = {}
        elif line[0] not in " \t":
            key, colon, value = line.partition(":")
            if colon:
                stanza.setdefault(key, value.strip())
    if stanza:
        yield stanza


def _unquoted(value: str) -> str:
    try:
        return "".join(shlex.split(value)) if value[:1] in {'"', "'"} else value
    except ValueError:
        return value


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _clean(value: object) -> str:
    """A short text of one line; anything but a string is none."""
    return _CONTROL.sub(" ", value[:_MAX_TEXT]).strip() if isinstance(value, str) else ""
