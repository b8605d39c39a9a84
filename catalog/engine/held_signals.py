"""Puts off Ctrl-C for the moments in which a program would be lost sight of."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def held_signals() -> Iterator[None]:
    """SIGINT and SIGTERM that come while the block runs are dealt with at its end, by whoever handles them.

    Blocking them for the process would not do: a program that is started then would inherit that.
    """
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread alone
        yield
        return
    came: list[int] = []
    handlers = {
        number: handler
        for number in (signal.SIGINT, signal.SIGTERM)
        if callable(handler := signal.getsignal(number)) and not isinstance(handler, signal.Handlers)
    }
    for number in handlers:
        signal.signal(number, lambda found, _: came.append(found))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for found in came[:1]:
            signal.raise_signal(found)
