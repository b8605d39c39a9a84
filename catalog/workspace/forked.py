"""Shares work among the processors: results that are bytes, from copies of this process.

The copies know all that this process knew when the work began, so nothing is handed to them; they write what
they make into pipes, which hold little, so that nobody runs ahead of the reader.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

WORTHWHILE = 64
"""With fewer results than this, copying the process takes longer than it saves."""
_MOST_WORKERS = 8  # each needs memory of its own
_LENGTH = 4  # bytes in front of every result
_NO_RESULT = (1 << 8 * _LENGTH) - 1


def in_parallel(work: Callable[[int], bytes], count: int) -> Generator[bytes | None, None, None]:
    """The results of `work(0)` to `work(count - 1)`, in order.

    None stands for a result that the caller has to make: `work` raised an error, its process was killed or
    could not be started, or there is nothing to be gained by processes. The first is always one: what is
    loaded for it, be it a module or a template, is there when the process is copied, and not loaded by each
    copy.
    """
    workers = _workers(count)
    if workers < 2:  # noqa: PLR2004  # one would only stand between
        yield from (None for _ in range(count))
        return
    yield None
    running: list[_Worker | None] = []
    try:
        for first in range(workers):
            running.append(_start(work, range(1 + first, count, workers), running))
        for number in range(count - 1):
            worker = running[number % workers]
            yield worker.result() if worker else None
    finally:
        for worker in filter(None, running):
            worker.end()


@contextmanager
def beside(work: Callable[[], bytes], size: int) -> Iterator[Callable[[], bytes | None]]:
    """Has `work` done by a copy of this process during the block, which is given what tells the result, once.

    `size` is how many things the work goes through. The result is None as with `in_parallel`.
    """
    worker = _start(lambda _: work(), range(1), []) if _workers(size) > 1 else None
    if worker is None:
        yield lambda: None
        return
    try:
        yield worker.result
    finally:
        worker.end()


def _workers(count: int) -> int:
    """How many processes to use; a thread may hold a lock that its copy would wait for, for ever."""
    if count < WORTHWHILE or threading.active_count() > 1:
        return 1
    return min(_MOST_WORKERS, len(os.sched_getaffinity(0)))


class _Worker(Struct):
    """A process that makes some of the results, and the end of its pipe."""

    pid: int
    results: IO[bytes]
    is_sound: bool = True

    def result(self) -> bytes | None:
        """Its next result; None if it has none, and for ever once it was cut off in the middle of one."""
        head = self.results.read(_LENGTH) if self.is_sound else b""
        length = int.from_bytes(head, "big")
        self.is_sound = len(head) == _LENGTH
        if not self.is_sound or length == _NO_RESULT:
            return None
        result = self.results.read(length)
        self.is_sound = len(result) == length
        return result if self.is_sound else None

    def end(self) -> None:
        """See to it that the process is gone."""
        self.results.close()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _start(work: Callable[[int], bytes], numbers: range, others: Sequence[_Worker | None]) -> _Worker | None:
    """A copy of this process that makes some of the results; None where there may be no more processes."""
    try:
        reading, writing = os.pipe()
    except OSError:
        return None
    try:
        pid = os.fork()
    except OSError:  # a limit of a container, of the user, or of the memory
        os.close(reading)
        os.close(writing)
        return None
    if pid:
        os.close(writing)
        return _Worker(pid, os.fdopen(reading, "rb"))
    try:
        gc.freeze()  # or the collector would write to, and so copy, all memory that the processes share
        os.close(reading)
        for other in filter(None, others):
            os.close(other.results.fileno())
        _work(work, numbers, writing)
    finally:
        os._exit(0)  # never the caller's way out: its files and folders are not the copy's to clean up


def _work(work: Callable[[int], bytes], numbers: range, writing: int) -> None:
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        for number in numbers:
            try:
                result = work(number)
                head = len(result).to_bytes(_LENGTH, "big")
            except Exception:  # noqa: BLE001  # the caller makes it again, and so meets the error itself
                result, head = b"", _NO_RESULT.to_bytes(_LENGTH, "big")
            for piece in (head, result):
                _write(pipe, piece)


def _write(pipe: IO[bytes], content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[pipe.write(rest) :]
