"""A registry as a value: all entries of apps.json and tools.json, in the order in which they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003  # what Form reads has to be there when it runs
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from catalog.model.names import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable


class Entry(Struct, frozen=True):
    """One extension in the registry; `data` is exactly the object that apps.json or tools.json holds."""

    name: str
    kind: Kind
    data: Mapping[str, Any]


class Registry(Struct, frozen=True):
    """Entries of all kinds, ordered by kind (apps, services, tools) and name."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Registry:
        """The registry with these entries, put in order."""
        order = list(Kind)
        return cls(tuple(sorted(entries, key=lambda entry: (order.index(entry.kind), entry.name))))

    def apps_json(self) -> bytes:
        """apps.json: apps and services, since the platform's App Garden reads only this file for both."""
        return entries_json(entry for entry in self.entries if entry.kind is not Kind.TOOL)

    def tools_json(self) -> bytes:
        """tools.json: the tools."""
        return entries_json(entry for entry in self.entries if entry.kind is Kind.TOOL)


def entries_json(entries: Iterable[Entry]) -> bytes:
    """A catalog file with these entries, in their order."""
    return catalog_json(dict(entry.data) for entry in entries)


def catalog_json(document: Iterable[dict[str, Any]]) -> bytes:
    """A catalog file that says this, indented by two spaces; no more than one object is taken at a time."""
    entries = b",".join(b"\n" + _indented(one) for one in document)
    return b"[%b\n]\n" % entries if entries else b"[]\n"


def _indented(entry: dict[str, Any]) -> bytes:
    """An object as an element of a list; a line break stands between values, never in a text."""
    try:
        text = msgspec.json.format(json.dumps(entry, ensure_ascii=False).encode(), indent=2)
    except UnicodeEncodeError:  # half a surrogate pair, which another tool has let in as an escape
        text = json.dumps(entry, indent=2).encode()
    return b"  " + text.replace(b"\n", b"\n  ")
