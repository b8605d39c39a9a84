"""The note beside a catalog that makes a change of both its files one step.

No store replaces two files at once. So before the first file is replaced, the note says what both are to
become. The change is made the moment the first file is; whoever comes next finishes the second from the note.
A change that its maker withdraws is undone the same way.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict

from catalog.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMAT = 1


class Direction(StrEnum):
    """Where a change of two files goes."""

    FORWARD = "forward"
    BACK = "back"


class CommitNote(Struct, frozen=True):
    """A change that may be unfinished.

    The change is made as soon as the file `first` has the digest `first_new`. Then each file that `texts` has
    is to become what stands there: forward, that is the second file, whose digest was `second_old` (empty
    where there was no file); back, it is both, the first one last.
    """

    token: str
    first: str
    first_new: str
    second: str
    second_old: str
    texts: Mapping[str, str]
    direction: Direction = Direction.FORWARD

    def as_bytes(self) -> bytes:
        """The note as a file."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, ensure_ascii=False).encode() + b"\n"


NOTHING = b"{}\n"
"""The note when no change is under way; the file stays."""


def read_commit_note(content: bytes, source: str) -> CommitNote | None:
    """The change that a note tells of; None if none is under way.

    Raises:
        IntegrityError: it is none of ours.
    """
    try:
        data: dict[str, Any] = json.loads(content)
        known = not data.keys() or data.pop("format") == _FORMAT
        note = _parsed(data) if data and known else None
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise IntegrityError(
            f"{source} is no note of an unfinished change: {error}.",
            "Read both catalog files, put them right if needed, and remove this file by hand.",
        ) from None
    if not known:
        raise IntegrityError(f"{source} has a newer form.", "Use the newest version of catalog.")
    return note


def _parsed(data: dict[str, Any]) -> CommitNote:
    note = CommitNote(**data | {"direction": Direction(data["direction"])})
    names = (note.token, note.first, note.first_new, note.second, note.second_old)
    if not all(isinstance(text, str) for text in (*names, *note.texts, *note.texts.values())):
        raise TypeError("a field is no text")
    if not set(note.texts) <= {note.first, note.second}:
        raise ValueError("it names a third file")
    return note


def digest(content: bytes | None) -> str:
    """The name of a content; empty for none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()
