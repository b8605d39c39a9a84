"""The content of a registry's lock: who holds it, since when, and for how long without a sign of life.

The file stays when the lock is free, and says so: nothing has to be deleted, so that nobody can delete what
somebody else has just taken. Fields are those of the platform's own tools.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

FREE = json.dumps({"state": "free"}).encode() + b"\n"
_LONGEST = 3600.0  # seconds; a note of another tool that asks for more is not believed


class LockNote(Struct, frozen=True):
    """Who holds a lock: `token` is chosen at random for each holding, `beat` counts the signs of life."""

    token: str
    owner: str
    hostname: str
    pid: int
    acquired_at: str
    lock_ttl_seconds: float
    beat: int = 0

    def as_bytes(self) -> bytes:
        """The note as a file."""
        return json.dumps({"state": "held", **asdict(self)}, indent=2).encode() + b"\n"

    def renewed(self) -> LockNote:
        """The note with another sign of life."""
        return replace(self, beat=self.beat + 1)

    @property
    def whose(self) -> str:
        """The holder, for messages."""
        return f"{self.owner} on {self.hostname} (process {self.pid}), since {self.acquired_at}"


def read_note(content: bytes, ttl: float) -> LockNote | None:
    """What a lock file says; None if it is free.

    A file that nobody can read counts as held by somebody unknown, for `ttl` seconds.
    """
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and data.get("state") == "free":
        return None
    known: dict[str, Any] = data if isinstance(data, dict) else {}
    return LockNote(
        token=str(known.get("token", "")),
        owner=str(known.get("owner", "somebody unknown")),
        hostname=str(known.get("hostname", "an unknown machine")),
        pid=_number(known.get("pid")),
        acquired_at=str(known.get("acquired_at", "an unknown time")),
        lock_ttl_seconds=_seconds(known.get("lock_ttl_seconds"), ttl),
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _seconds(value: Any, ttl: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(min(value, _LONGEST)) if is_number and value > 0 else ttl
