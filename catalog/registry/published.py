"""What a published catalog holds: its two files as they stand, also with entries of one name.

A registry of ours has a name once. A published catalog may have it several times: generations from v2 on keep
one entry for each range of platform versions, and other tools have left doubles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.names import Kind
from catalog.registry.layout import APPS_FILE, TOOLS_FILE
from catalog.registry.reading import read_all_entries
from catalog.registry.registry import Entry, entries_json

if TYPE_CHECKING:
    from collections.abc import Iterator


class Published(Struct, frozen=True):
    """The entries of apps.json and those of tools.json, each in the order of its file."""

    apps: tuple[Entry, ...] = ()
    tools: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, apps: bytes | None, tools: bytes | None, source: str) -> Published:
        """The catalog in these two files; None is a file that is not there.

        Raises:
            IntegrityError: a file is no list of named objects in JSON.
        """
        return cls(
            read_all_entries(apps, f"{source}: {APPS_FILE}", Kind.APP) if apps is not None else (),
            read_all_entries(tools, f"{source}: {TOOLS_FILE}", Kind.TOOL) if tools is not None else (),
        )

    def placed(self) -> Iterator[Placed]:
        """Every entry with the file that it stands in."""
        yield from (Placed(entry, is_tool=False) for entry in self.apps)
        yield from (Placed(entry, is_tool=True) for entry in self.tools)

    def apps_json(self) -> bytes:
        """apps.json."""
        return entries_json(self.apps)

    def tools_json(self) -> bytes:
        """tools.json."""
        return entries_json(self.tools)


class Placed(Struct, frozen=True):
    """An entry and whether it stands in tools.json, which need not be what it calls itself."""

    entry: Entry
    is_tool: bool

    @classmethod
    def of(cls, entry: Entry) -> Placed:
        """The entry in the file where it belongs."""
        return cls(entry, is_tool=entry.kind is Kind.TOOL)
