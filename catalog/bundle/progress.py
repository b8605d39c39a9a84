"""How the bundle's long steps tell how far they are."""

from __future__ import annotations

from collections.abc import Callable

Transferred = Callable[[str, int, int | None], None]
"""Called with the step's name, the bytes that are through, and all bytes if that is known."""
