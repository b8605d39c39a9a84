"""Keeps notes in PostgreSQL and finds them again.

In: a connection pool and plain values. Out: `Note` values. Full-text search is the database's own: words of
the title weigh more than those of the body, and endings do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

# Several copies of the backend may start at once, hence the lock around the schema.
SCHEMA_LOCK = 4_711_001
SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    tags text[] NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now(),
    words tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'B')
    ) STORED
);
CREATE INDEX IF NOT EXISTS notes_words ON notes USING gin (words);
CREATE INDEX IF NOT EXISTS notes_tags ON notes USING gin (tags);
"""
COLUMNS = "id, title, body, tags, created, updated"
# The second and third condition find what is still being typed, and tags.
MATCHES = """
(%(text)s = '' OR words @@ websearch_to_tsquery('english', %(text)s)
    OR title ILIKE %(like)s OR body ILIKE %(like)s OR lower(%(text)s) = ANY (tags))
AND (%(tag)s = '' OR %(tag)s = ANY (tags))
"""
SEARCH = f"""
SELECT {COLUMNS} FROM notes WHERE {MATCHES}
ORDER BY ts_rank(words, websearch_to_tsquery('english', %(text)s)) DESC, updated DESC, id DESC LIMIT %(limit)s
"""
COUNT = f"SELECT count(*) FROM notes WHERE {MATCHES}"
TAGS = "SELECT tag, count(*) FROM notes, unnest(tags) AS tag GROUP BY tag ORDER BY 2 DESC, 1 LIMIT 50"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it is stored; times are aware."""

    id: int
    title: str
    body: str
    tags: list[str]
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find: words in search-engine manner, and a tag; empty text finds all."""

    text: str = ""
    tag: str = ""


class Notebook:
    """All notes of one database."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def prepare(self) -> None:
        """Makes the tables that are missing."""
        with self._pool.connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
            connection.execute(SCHEMA)

    def find(self, wanted: Wanted, limit: int) -> tuple[list[Note], int]:
        """Returns the best matching notes, and how many match in all."""
        values = _values(wanted)
        with self._pool.connection() as connection:
            notes = _notes(connection, SEARCH, values | {"limit": limit})
            count = connection.execute(COUNT, values).fetchone()
        return notes, count[0] if count else 0

    def add(self, title: str, body: str, tags: Sequence[str]) -> Note:
        """Stores a new note."""
        command = f"INSERT INTO notes (title, body, tags) VALUES (%s, %s, %s) RETURNING {COLUMNS}"
        with self._pool.connection() as connection:
            return _notes(connection, command, (title, body, list(tags)))[0]

    def change(self, note_id: int, title: str, body: str, tags: Sequence[str]) -> Note | None:
        """Replaces the content of a note; returns None when there is no such note."""
        command = f"""
            UPDATE notes SET title = %s, body = %s, tags = %s, updated = now() WHERE id = %s
            RETURNING {COLUMNS}
        """
        with self._pool.connection() as connection:
            return next(iter(_notes(connection, command, (title, body, list(tags), note_id))), None)

    def delete(self, note_id: int) -> bool:
        """Removes a note; tells whether it was there."""
        with self._pool.connection() as connection:
            return connection.execute("DELETE FROM notes WHERE id = %s", (note_id,)).rowcount > 0

    def tags(self) -> dict[str, int]:
        """Returns the most used tags with their number of notes."""
        with self._pool.connection() as connection:
            return dict(connection.execute(TAGS).fetchall())

    def check(self, seconds: float) -> None:
        """Raises an error of psycopg when the database does not answer in time."""
        with self._pool.connection(timeout=seconds) as connection:
            connection.execute("SELECT 1 FROM notes LIMIT 1")


def _notes(connection: Connection, command: str, values: object) -> list[Note]:
    with connection.cursor(row_factory=class_row(Note)) as cursor:
        return cursor.execute(command, values).fetchall()


def _values(wanted: Wanted) -> dict[str, object]:
    escaped = wanted.text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return {"text": wanted.text, "like": f"%{escaped}%", "tag": wanted.tag}
