"""Reads SOURCE_DATE_EPOCH, the time that reproducible builds take for now (reproducible-builds.org)."""

from __future__ import annotations

import os

from catalog.errors import UsageError

_LAST_SECOND = 253_402_300_799  # of the year 9999


def source_date() -> int | None:
    """Seconds since 1970; None where it is not set.

    Raises:
        UsageError: it is not a number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        return None
    if not (given.isdecimal() and given.isascii()) or int(given) > _LAST_SECOND:
        raise UsageError(
            f"SOURCE_DATE_EPOCH is {given!r}, not a number of seconds since 1970.",
            'Set it with: export SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"',
        )
    return int(given)
