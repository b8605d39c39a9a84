"""Duties in a SQLite file: who is on, who was, and what they left for the next one."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS duties (
  id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL,
  begun TEXT NOT NULL, ended TEXT, note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX IF NOT EXISTS one_duty_at_a_time ON duties (user_id) WHERE ended IS NULL;
"""
_SHOWN = 50


class RosterError(Exception):
    """Something that the roster does not allow; the text says what."""


@dataclass(frozen=True)
class Duty:
    """One duty; moments are ISO 8601 in UTC, `ended` is None while it lasts."""

    user_id: str
    name: str
    begun: str
    ended: str | None
    note: str


class Roster:
    """The duties in the file; safe to use from several threads."""

    def __init__(self, file: Path, kept_days: int) -> None:
        self._connection = sqlite3.connect(file, check_same_thread=False)
        self._connection.executescript(_SCHEMA)
        self._kept = timedelta(days=kept_days)
        self._lock = threading.Lock()

    def on_duty(self) -> list[Duty]:
        """Who is on duty, the longest first."""
        return self._select("ended IS NULL ORDER BY begun, id")

    def ended(self) -> list[Duty]:
        """The duties that have ended, the latest first."""
        return self._select(f"ended IS NOT NULL ORDER BY ended DESC, id DESC LIMIT {_SHOWN}")

    def sign_on(self, user_id: str, name: str) -> None:
        """Begin a duty.

        Raises:
            RosterError: this user is on duty already.
        """
        try:
            with self._writing() as connection:
                connection.execute("DELETE FROM duties WHERE ended < ?", [_moment(-self._kept)])
                values = [user_id, name, _moment()]
                connection.execute("INSERT INTO duties (user_id, name, begun) VALUES (?, ?, ?)", values)
        except sqlite3.IntegrityError as error:
            raise RosterError("You are on duty already.") from error

    def sign_off(self, user_id: str, note: str) -> None:
        """End the user's duty.

        Raises:
            RosterError: this user is not on duty.
        """
        with self._writing() as connection:
            command = "UPDATE duties SET ended = ?, note = ? WHERE user_id = ? AND ended IS NULL"
            if not connection.execute(command, [_moment(), note, user_id]).rowcount:
                raise RosterError("You are not on duty.")

    def check(self) -> None:
        """Raise sqlite3.Error when nothing can be written."""
        with self._writing() as connection:
            connection.execute("UPDATE duties SET note = note WHERE id = 0")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _select(self, condition: str) -> list[Duty]:
        with self._lock:
            rows = self._connection.execute(
                f"SELECT user_id, name, begun, ended, note FROM duties WHERE {condition}"
            ).fetchall()
        return [Duty(*row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection as connection:
            yield connection


def _moment(offset: timedelta = timedelta()) -> str:
    return (datetime.now(timezone.utc) + offset).isoformat(timespec="seconds")
