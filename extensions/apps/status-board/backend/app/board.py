"""The board: entries with a state, kept in one file, and a way to wait for the next change."""

import json
import os
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

STATES = ("ok", "degraded", "down")
LONGEST_NAME = 60
LONGEST_NOTE = 200
MOST_ITEMS = 200


class BoardError(ValueError):
    """An entry that the board does not take; the text says why."""


@dataclass(frozen=True)
class Item:
    """One entry; `since` is when its state last changed, ISO 8601 in UTC."""

    name: str
    state: str
    note: str
    since: str


class Board:
    """Entries by name. Every change is on the disk before anybody hears of it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._changed = threading.Condition()
        self._items = _read(file)
        self.version = 0

    def items(self) -> list[Item]:
        """The entries, what is broken first, then by name."""
        with self._changed:
            return self._sorted()

    def put(self, name: str, state: str, note: str = "") -> Item:
        """Set an entry; its moment stays while its state does.

        Raises:
            BoardError: the entry cannot be taken.
        """
        name, note = _checked(name, state, note)
        with self._changed:
            before = self._items.get(name)
            if before is None and len(self._items) >= MOST_ITEMS:
                raise BoardError(f"The board is full: it has {MOST_ITEMS} entries.")
            is_same = before is not None and before.state == state
            item = Item(name, state, note, before.since if is_same else _now())
            self._store({**self._items, name: item})
            return item

    def remove(self, name: str) -> bool:
        """Take an entry away; whether it was there."""
        with self._changed:
            if name not in self._items:
                return False
            self._store({known: item for known, item in self._items.items() if known != name})
            return True

    def next(self, seen: int, seconds: float) -> tuple[int, list[Item]] | None:
        """The board's version and entries once the version is not `seen`; None if that takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.version != seen, seconds):
                return None
            return self.version, self._sorted()

    def check(self) -> None:
        """Raise OSError when the board could not be written."""
        if not os.access(self._file.parent, os.W_OK):
            raise OSError(f"{self._file.parent} cannot be written")

    def _sorted(self) -> list[Item]:
        return sorted(self._items.values(), key=lambda item: (-STATES.index(item.state), item.name))

    def _store(self, items: dict[str, Item]) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps([asdict(item) for item in items.values()]), encoding="utf-8")
        draft.replace(self._file)
        self._items = items
        self.version += 1
        self._changed.notify_all()


def _checked(name: str, state: str, note: str) -> tuple[str, str]:
    if not all(isinstance(value, str) for value in (name, state, note)):
        raise BoardError("Name, state and note are texts.")
    name, note = name.strip(), note.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or "/" in name:
        raise BoardError(f"A name has 1 to {LONGEST_NAME} letters, and no slash.")
    if state not in STATES:
        raise BoardError(f"A state is one of {', '.join(STATES)}.")
    if len(note) > LONGEST_NOTE or not note.isprintable():
        raise BoardError(f"A note is one line of {LONGEST_NOTE} letters at most.")
    return name, note


def _read(file: Path) -> dict[str, Item]:
    if not file.is_file():
        return {}
    items = (Item(**entry) for entry in json.loads(file.read_text(encoding="utf-8")))
    return {item.name: item for item in items}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
