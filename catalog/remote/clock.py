"""Time, as waiting needs it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, as waiting needs it."""

    def now(self) -> datetime:
        """The time of day."""

    def elapsed(self) -> float:
        """Seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The time of day."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)
