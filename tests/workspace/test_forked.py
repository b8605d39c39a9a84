"""Work that several processes share: the same results in the same order, whatever becomes of them."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from catalog.workspace import forked
from catalog.workspace.forked import WORTHWHILE, beside, in_parallel

MANY = 3 * WORTHWHILE


@pytest.fixture(autouse=True)
def processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked, "_workers", lambda count: 1 if count < WORTHWHILE else 3)


def test_results_come_in_order_and_of_any_length() -> None:
    made = list(in_parallel(lambda number: b"%d" % number * 10 * number, MANY))
    assert made == [None, *(b"%d" % number * 10 * number for number in range(1, MANY))]


def test_results_are_made_by_other_processes() -> None:
    pids = set(in_parallel(lambda _: b"%d" % os.getpid(), MANY))
    assert len(pids - {None}) == 3
    assert b"%d" % os.getpid() not in pids


def test_the_first_is_left_to_the_caller_so_that_what_it_loads_is_loaded_once() -> None:
    loaded: list[str] = []
    results = in_parallel(lambda _: ",".join(loaded).encode(), MANY)
    assert next(results) is None
    loaded.append("a module")
    assert set(results) == {b"a module"}


def test_a_few_are_left_to_the_caller() -> None:
    assert list(in_parallel(lambda _: b"made", WORTHWHILE - 1)) == [None] * (WORTHWHILE - 1)


def test_an_error_leaves_its_own_result_to_the_caller() -> None:
    def work(number: int) -> bytes:
        if number == 7:
            raise ValueError
        return b"made"

    made = list(in_parallel(work, MANY))
    assert [number for number, result in enumerate(made) if result is None] == [0, 7]


def test_a_process_that_is_killed_leaves_its_results_to_the_caller() -> None:
    def work(number: int) -> bytes:
        if number == 30:
            os.kill(os.getpid(), signal.SIGKILL)
        return b"made"

    made = list(in_parallel(work, MANY))
    assert [number for number, result in enumerate(made) if result is None] == [0, *range(30, MANY, 3)]


def test_whoever_stops_listening_leaves_no_process_behind() -> None:
    results = in_parallel(lambda _: b"%d" % os.getpid(), MANY)
    first, *pids = [int(next(results) or 0) for _ in range(4)]
    results.close()
    assert first == 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_with_threads_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert set(in_parallel(lambda _: b"made", MANY)) == {None}
    finally:
        stop.set()
        thread.join()


def test_work_beside_is_done_by_another_process_while_the_block_goes_on() -> None:
    reading, writing = os.pipe()

    def work() -> bytes:
        return os.read(reading, 100) + b" %d" % os.getpid()

    with beside(work, MANY) as result:
        os.write(writing, b"told after it began")
        told, pid = (result() or b"").rsplit(b" ", 1)
    assert told == b"told after it began"
    assert int(pid) != os.getpid()


def test_long_work_beside_ends_with_its_block() -> None:
    def work() -> bytes:
        time.sleep(60)
        return b""

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), beside(work, MANY):
        raise KeyboardInterrupt
    assert time.monotonic() - began < 30


def test_work_beside_that_fails_is_left_to_the_caller() -> None:
    with beside(lambda: b"%d" % (1 // 0), MANY) as result:
        assert result() is None


def test_work_on_a_few_is_left_to_the_caller() -> None:
    with beside(lambda: b"made", WORTHWHILE - 1) as result:
        assert result() is None


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("allowed", [0, 2])
def test_what_no_process_may_be_started_for_is_left_to_the_caller(
    monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    fork, left = os.fork, iter(range(allowed))

    def limited() -> int:
        if next(left, None) is None:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return fork()

    before = open_files()
    monkeypatch.setattr(os, "fork", limited)
    made = list(in_parallel(lambda _: b"made", MANY))
    assert [number for number, result in enumerate(made) if result] == [
        number for number in range(1, MANY) if (number - 1) % 3 < allowed
    ]
    with beside(lambda: b"made", MANY) as result:
        assert result() is None
    assert open_files() == before
