"""What a bundle's file is called: by its time, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from catalog.registry.layout import BUNDLE_STEM

DELTA_SUFFIX = ".delta.tar.gz"


def bundle_name(epoch: int, *, is_delta: bool = False) -> str:
    """`kamiwaza-registry-YYYYMMDD-HHMMSS.tar.gz` for a time in seconds since 1970; a delta's says so."""
    stamp = datetime.fromtimestamp(epoch, UTC).strftime("%Y%m%d-%H%M%S")
    return f"{BUNDLE_STEM}-{stamp}{DELTA_SUFFIX if is_delta else '.tar.gz'}"
