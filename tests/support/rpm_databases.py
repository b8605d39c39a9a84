"""Writes rpm databases as rpm does: SQLite with one header for each package."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TAGS = {"name": 1000, "version": 1001, "release": 1002, "epoch": 1003, "arch": 1022, "source": 1044}
INT32, STRING, BINARY = 4, 6, 7
REGION = 63


def header(values: Mapping[str, str | int]) -> bytes:
    """A header that says this, behind the entry that every header begins with."""
    entries, data = [(REGION, BINARY, 0, 16)], bytes(16)
    for key, value in values.items():
        if isinstance(value, int):
            data += bytes(-len(data) % 4)
            entries.append((TAGS[key], INT32, len(data), 1))
            data += struct.pack(">I", value)
        else:
            entries.append((TAGS[key], STRING, len(data), 1))
            data += value.encode() + b"\0"
    index = b"".join(struct.pack(">IIII", *entry) for entry in entries)
    return struct.pack(">II", len(entries), len(data)) + index + data


def database(file: Path, headers: Iterable[bytes]) -> bytes:
    """The bytes of a database with these headers, in the mode that rpm uses; made at `file`."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
        )
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", ((content,) for content in headers))
    return file.read_bytes()
