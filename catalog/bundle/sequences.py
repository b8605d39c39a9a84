"""Which bundles this machine has seen: the highest sequence number of each key, in `sequences.tsv`.

`package-setup.sh load` writes the same file; one ratchet a key, so that no other key can move it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.output import open_regular, read_errors
from catalog.workspace.user_folders import state_home

if TYPE_CHECKING:
    from pathlib import Path

NAME = "sequences.tsv"
_MAX_BYTES = 1 << 20
UNSIGNED = "unsigned"
"""The key of bundles that nobody signed."""
_LINE = re.compile(r"(sha256:[0-9a-f]{64}|unsigned)\t(\d{1,15})\t([0-9TZ:-]{20})")


class Seen(Struct, frozen=True):
    """The newest bundle that was seen of one key."""

    sequence: int
    created: str


def state_folder() -> Path:
    """Where this machine's state of bundles is.

    Raises:
        MissingError: there is no home folder.
    """
    return state_home() / "kamiwaza-registry"


def seen(folder: Path, key: str) -> Seen | None:
    """The newest bundle of `key` that the file in `folder` tells of; other lines are passed over.

    Raises:
        MissingError: the file is there and cannot be read, so that an older bundle would not be noticed.
    """
    file = folder / NAME
    if not os.path.lexists(file):
        return None
    with read_errors(file), open_regular(file) as opened:
        text = opened.read(_MAX_BYTES).decode(errors="replace")
    matches = (_LINE.fullmatch(line) for line in text.splitlines())
    found = [Seen(int(match[2]), match[3]) for match in matches if match and match[1] == key]
    return max(found, key=lambda one: one.sequence, default=None)
