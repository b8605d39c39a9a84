"""Says how many there are of something."""

from __future__ import annotations


def quantity(number: int, one: str, many: str = "") -> str:
    """The number with its noun: `1 image`, `2 images`; `many` is the plural if it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
