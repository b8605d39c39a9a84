"""Picks the weightiest sentences of a text: those whose words are frequent in it."""

import re
from collections import Counter

_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\n\s*\n")
_WORD = re.compile(r"[^\W\d_]{4,}")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in its order, each in one line."""
    parts = (" ".join(part.split()) for part in _END.split(text) if part)
    return [part for part in parts if part]


def extract(text: str, count: int) -> str:
    """The `count` weightiest sentences, in the text's order."""
    found = sentences(text)
    weights = Counter(word.lower() for word in _WORD.findall(text))

    def weight(index: int) -> float:
        words = {word.lower() for word in _WORD.findall(found[index])}
        # Long sentences have more words, which alone makes them no better.
        return sum(weights[word] for word in words) / (len(words) + 4)

    chosen = sorted(sorted(range(len(found)), key=lambda index: (-weight(index), index))[:count])
    return " ".join(found[index] for index in chosen)
