"""Lets Python look for cycles seldom while many values are made that stay."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALLOCATIONS = 100_000
"""New values between two looks: with Python's own 700, looking takes up to a fifth of a run."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """For reading and checking all extensions, which makes hardly a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
