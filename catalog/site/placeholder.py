"""What stands for a missing picture: two letters on a tinted pattern, always the same for the same name."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

TINTS = 12
"""How many colours `catalog.css` has (`.tint-0` and on)."""
MOTIFS = 6
"""How many patterns it has (`.motif-0` and on)."""


class Placeholder(Struct, frozen=True):
    """The letters, and the numbers of the colour and the pattern in the style sheet."""

    initials: str
    tint: int
    motif: int


def placeholder(name: str, title: str) -> Placeholder:
    """The placeholder of an entry: colours come from its name, letters from what people call it."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return Placeholder(initials(title), digest[0] % TINTS, digest[1] % MOTIFS)


def initials(title: str) -> str:
    """The first letters of the first two words, or of the only word; a middle dot when there are none.

    A kind's prefix says nothing about an entry, so it does not count.
    """
    stripped = re.sub(r"^(?:service|tool|mcp|app)[-_ ]+(?=\w)", "", title, flags=re.IGNORECASE)
    words = re.findall(r"[^\W_]+", stripped)
    letters = words[0][:2] if len(words) == 1 else "".join(word[0] for word in words[:2])
    return letters.upper()[:2] or "·"
