"""Amounts of bytes as people write them."""

from __future__ import annotations

_STEP = 1000
_THREE_DIGITS = 99.95  # what would be written as 100.0


def readable(size: int) -> str:
    """Bytes for people, in powers of 1000 as disks are sold: `1.5 GB`, `28 MB`, `999 B`."""
    if size < _STEP:
        return f"{size} B"
    value, unit = size / _STEP, "kB"
    for larger in ("MB", "GB", "TB"):
        if round(value) >= _STEP:
            value, unit = value / _STEP, larger
    return f"{value:.0f} {unit}" if value >= _THREE_DIGITS else f"{value:.1f} {unit}"
