"""Keeps texts with their vectors, and finds the nearest ones.

In: texts by collection and id. Out: matches by cosine similarity. SQLite holds everything on the volume; a
matrix of each collection is kept in memory and made anew after a change.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .embedding import DIMENSIONS, MODEL, embed

SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    text TEXT NOT NULL,
    metadata TEXT NOT NULL,
    model TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (collection, id)
) WITHOUT ROWID
"""
UPSERT = "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Item:
    """A text to keep; `metadata` is any JSON object."""

    id: str
    text: str
    metadata: dict[str, object]


@dataclass(frozen=True, slots=True)
class Match:
    """An item with its cosine similarity, at most 1."""

    item: Item
    score: float


class Index:
    """A persistent set of collections; safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._matrices: dict[str, tuple[list[str], np.ndarray]] = {}
        self._database = sqlite3.connect(folder / "index.sqlite3", check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(SCHEMA)
        self._refresh_old_vectors()

    def put(self, collection: str, items: Sequence[Item]) -> None:
        """Adds items, or replaces those of the same id, all or none."""
        rows = [
            (collection, item.id, item.text, json.dumps(item.metadata), MODEL, embed(item.text).tobytes())
            for item in items
        ]
        with self._lock, self._database:
            self._database.executemany(UPSERT, rows)
            self._matrices.pop(collection, None)

    def delete(self, collection: str, item_id: str) -> bool:
        """Removes one item; tells whether it was there."""
        with self._lock, self._database:
            done = self._database.execute(
                "DELETE FROM items WHERE collection = ? AND id = ?", (collection, item_id)
            )
            self._matrices.pop(collection, None)
        return done.rowcount > 0

    def search(self, collection: str, text: str, limit: int, minimum: float) -> list[Match]:
        """Returns the nearest items with at least a similarity of `minimum`, the best first."""
        query = embed(text)
        with self._lock:
            ids, matrix = self._matrix(collection)
            scores = matrix @ query
            best = sorted(np.flatnonzero(scores >= minimum), key=lambda row: (-scores[row], ids[row]))[:limit]
            return [Match(self._item(collection, ids[row]), float(scores[row])) for row in best]

    def collections(self) -> dict[str, int]:
        """Returns the number of items by collection."""
        with self._lock:
            return dict(
                self._database.execute("SELECT collection, count(*) FROM items GROUP BY 1 ORDER BY 2 DESC, 1")
            )

    def check(self) -> None:
        """Raises sqlite3.Error when the database does not answer."""
        with self._lock:
            self._database.execute("SELECT 1 FROM items LIMIT 1").fetchone()

    def close(self) -> None:
        """Closes the database."""
        with self._lock:
            self._database.close()

    def _matrix(self, collection: str) -> tuple[list[str], np.ndarray]:
        if collection not in self._matrices:
            rows = self._database.execute(
                "SELECT id, vector FROM items WHERE collection = ? ORDER BY id", (collection,)
            ).fetchall()
            vectors = np.frombuffer(b"".join(vector for _, vector in rows), dtype=np.float32)
            self._matrices[collection] = [row[0] for row in rows], vectors.reshape(-1, DIMENSIONS)
        return self._matrices[collection]

    def _item(self, collection: str, item_id: str) -> Item:
        text, metadata = self._database.execute(
            "SELECT text, metadata FROM items WHERE collection = ? AND id = ?", (collection, item_id)
        ).fetchone()
        return Item(item_id, text, json.loads(metadata))

    def _refresh_old_vectors(self) -> None:
        # A newer release may embed otherwise; vectors of two kinds cannot be compared.
        old = self._database.execute(
            "SELECT collection, id, text FROM items WHERE model != ?", (MODEL,)
        ).fetchall()
        with self._database:
            self._database.executemany(
                "UPDATE items SET model = ?, vector = ? WHERE collection = ? AND id = ?",
                [(MODEL, embed(text).tobytes(), collection, item_id) for collection, item_id, text in old],
            )
