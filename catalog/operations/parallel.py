"""Works on several items at once, and stops all of it when one who waits is interrupted."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
IsStopped = Callable[[], bool]

_MOST = 4  # more builds at once only wait for the same disk


def default_jobs() -> int:
    """How many builds a machine bears at once: one for each processor, four at most."""
    return max(1, min(_MOST, os.cpu_count() or 1))


def in_parallel(jobs: int, items: Sequence[T], work: Callable[[T, IsStopped], R]) -> list[R]:
    """The results of `work` on the items, in their order.

    Args:
        jobs: how many are worked on at once.
        items: what is worked on.
        work: gets an item, and a function that says whether it is to stop.

    Raises:
        KeyboardInterrupt: whoever waits was interrupted; the work that was going on has stopped by then.
    """
    stopped = threading.Event()
    pool = ThreadPoolExecutor(max_workers=max(1, jobs))
    try:
        futures = [pool.submit(work, item, stopped.is_set) for item in items]
        return [future.result() for future in futures]
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
