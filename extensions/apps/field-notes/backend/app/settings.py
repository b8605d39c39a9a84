"""Reads where the database is from the environment."""

from __future__ import annotations

import os

from psycopg.conninfo import make_conninfo

POOL_SIZE = 8


def database() -> str:
    """Returns a connection string; the password is never logged."""
    return make_conninfo(
        host=os.environ.get("DATABASE_HOST", "postgres"),
        dbname=os.environ.get("DATABASE_NAME", "notes"),
        user=os.environ.get("DATABASE_USER", "notes"),
        password=os.environ.get("DATABASE_PASSWORD", ""),
        connect_timeout=2,
        options="-c statement_timeout=5000",
    )
