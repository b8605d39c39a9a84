"""Finds what may be the name of a class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[\w-]+")


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """All words of templates, scripts or pages; many more than there are classes, but none is missing."""
    return frozenset(word for text in texts for word in _WORD.findall(text))
