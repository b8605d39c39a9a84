"""Reads the rpm database of RHEL 9 and Fedora: a SQLite file with one header for each installed package.

The header is described in rpm's docs/manual/format_header.md: two counts, an index of entries of 16 bytes,
then the data that the entries lead to; all numbers are big-endian.
"""

from __future__ import annotations

import struct
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from catalog.bundle.packages_parse import MAX_PACKAGES, DatabaseError, described

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from catalog.bundle.packages_value import Package

_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH, _SOURCE = 1000, 1001, 1002, 1003, 1022, 1044
_TEXTS = frozenset({_NAME, _VERSION, _RELEASE, _ARCH, _SOURCE})
_INT32, _STRING = 4, 6
_HEAD, _ENTRY = struct.Struct(">II"), struct.Struct(">IIII")
_MAX_HEADER = 16 * 1024 * 1024  # a package of 20,000 files has one of 3 MB
_MAX_STEPS = 100  # of the database's own machine, times 100,000; reading 10,000 packages takes one
_MAX_SCHEMA_STEPS = 10  # times 1,000, while SQLite learns which tables there are; rpm's own forty take one
_MAX_SQL = 10_000  # each of them is described in less than 200
_MAX_COLUMNS = 100
_MAX_TEXT = 1024
_KEY = "gpg-pubkey"
"""What rpm calls a key that somebody trusted; it is listed among the packages, and is none."""


def rpm(content: bytes) -> tuple[Package, ...]:
    """The packages of an `rpmdb.sqlite`.

    Raises:
        DatabaseError: it is damaged, or this Python has no SQLite.
    """
    found: list[Package] = []
    try:
        for blob in _blobs(content):
            found += _package(_values(blob))
            if len(found) > MAX_PACKAGES:
                break
    except (ImportError, OSError, struct.error) as error:
        raise DatabaseError(str(error)) from error
    return tuple(found)


def _blobs(content: bytes) -> Iterator[bytes]:
    """The headers, in the order of their numbers; a damaged or hostile database ends with an error."""
    import sqlite3  # noqa: PLC0415  # some builds of Python lack it

    with tempfile.TemporaryDirectory(prefix="catalog-rpm-") as folder:
        file = Path(folder, "rpmdb.sqlite")
        file.write_bytes(content)
        # Immutable: the file is in the mode with a log beside it, which is not carried in images.
        address = f"file:{quote(str(file))}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as connection:
                _restrict(connection)
                read = 0
                for (blob,) in connection.execute("SELECT CAST(blob AS BLOB) FROM Packages"):
                    yield blob or b""
                    read += len(blob or b"")
                    if read > len(content):
                        raise DatabaseError("the same pages hold many packages")
        except (sqlite3.Error, UnicodeDecodeError) as error:  # what SQLite complains of may be no UTF-8
            raise DatabaseError(str(error)) from error


def _restrict(connection: sqlite3.Connection) -> None:
    """Let nothing in the file run or grow: it came out of an image."""
    import sqlite3  # noqa: PLC0415

    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_SQL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MAX_SQL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, _MAX_COLUMNS)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    _limit_steps(connection, _MAX_SCHEMA_STEPS, 1_000)
    if not _has_plain_table(connection):
        raise DatabaseError("it has no plain table of packages")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_HEADER)
    _limit_steps(connection, _MAX_STEPS, 100_000)


def _limit_steps(connection: sqlite3.Connection, most: int, each: int) -> None:
    """Let the database's own machine go `most` times `each` steps from now on."""
    steps = iter(range(most))
    connection.set_progress_handler(lambda: next(steps, None) is None, each)


def _has_plain_table(connection: sqlite3.Connection) -> bool:
    """Whether the packages are stored as they are: to compute one value may be a single step of hours.

    A virtual table has no page of its own, and a computed column is hidden.
    """
    wanted = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'Packages' AND rootpage > 0"
    columns = "SELECT 1 FROM pragma_table_xinfo('Packages') WHERE hidden"
    return bool(connection.execute(wanted).fetchone()) and not connection.execute(columns).fetchone()


def _values(blob: bytes) -> Mapping[int, str | int]:
    """The values of a header that say what the package is, by their tags.

    Raises:
        struct.error: the header is cut off.
    """
    count, size = _HEAD.unpack_from(blob)
    start = _HEAD.size + count * _ENTRY.size
    if start + size > len(blob):
        raise struct.error("a header is cut off")
    found: dict[int, str | int] = {}
    for tag, kind, offset, _ in _ENTRY.iter_unpack(blob[_HEAD.size : start]):
        place = start + offset
        if tag in _TEXTS and kind == _STRING:
            found[tag] = blob[place : place + _MAX_TEXT].partition(b"\0")[0].decode("utf-8", "replace")
        elif tag == _EPOCH and kind == _INT32:
            found[tag] = struct.unpack_from(">I", blob, place)[0]
    return found


def _package(values: Mapping[int, str | int]) -> tuple[Package, ...]:
    """The package; its version is `EPOCH:VERSION-RELEASE`, where there is an epoch that is not 0."""
    if values.get(_NAME) == _KEY:
        return ()
    version = "-".join(str(values[tag]) for tag in (_VERSION, _RELEASE) if values.get(tag))
    epoch = f"{values[_EPOCH]}:" if values.get(_EPOCH) else ""
    return described(
        "rpm",
        values.get(_NAME),
        f"{epoch}{version}",
        arch=str(values.get(_ARCH, "")),
        source=str(values.get(_SOURCE, "")),
    )
