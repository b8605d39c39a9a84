"""The lock: one holder at a time, released by its owner only, and taken from nobody who lives."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from catalog.errors import ConflictError, MissingError
from catalog.remote.lock import Lease, Locking, held, take
from catalog.remote.lock_note import FREE, LockNote, read_note
from catalog.remote.store import UnsettledError
from tests.support.published import Hurried
from tests.support.stores import Fault, FaultyStore, MemoryStore

KEY = "garden/default/registry.lock"


def locking(store: Any, wait: float = 5.0) -> Locking:
    return Locking(store, KEY, wait, Hurried())


def note(token: str, seconds: float = 60.0) -> LockNote:
    return LockNote(token, "manual", "build-1", 42, "2026-11-21T10:00:00+00:00", seconds)


def holder(store: MemoryStore) -> str:
    found = read_note(store.files[KEY][0], 60)
    return found.token if found else ""


def test_a_lock_is_held_inside_and_free_afterwards() -> None:
    store = MemoryStore()
    with held(locking(store), note("a")) as lease:
        lease.ensure()
        assert holder(store) == "a"
    assert store.files[KEY][0] == FREE


def test_a_lock_says_who_holds_it_since_when() -> None:
    store = MemoryStore()
    take(locking(store), note("a"))
    said = json.loads(store.files[KEY][0])
    assert {"owner", "hostname", "acquired_at", "pid", "lock_ttl_seconds", "token"} <= set(said)
    with pytest.raises(ConflictError, match="held by manual on build-1"):
        take(locking(store), note("b"))


def test_a_lock_is_free_for_the_next_one_after_a_failure_inside() -> None:
    store = MemoryStore()
    with pytest.raises(KeyboardInterrupt), held(locking(store), note("a")):
        raise KeyboardInterrupt
    with held(locking(store), note("b")):
        assert holder(store) == "b"


def test_a_holder_who_shows_signs_of_life_keeps_the_lock_however_long_it_takes() -> None:
    store = MemoryStore()
    lease = take(locking(store), note("a"))
    for _ in range(5):
        store.time += 50
        lease.renew()
        with pytest.raises(ConflictError):
            take(locking(store), note("b"))


def test_a_holder_without_a_sign_of_life_loses_the_lock() -> None:
    store = MemoryStore()
    clock = locking(store)
    lost = take(clock, note("a"))
    store.time += 61
    take(locking(store), note("b"))
    lost.renew()
    with pytest.raises(ConflictError, match="Somebody else has taken it"):
        lost.ensure()


def test_a_lock_is_released_by_its_owner_only() -> None:
    store = MemoryStore()
    lost = take(locking(store), note("a"))
    store.time += 61
    take(locking(store), note("b"))
    lost.free()
    assert holder(store) == "b"


def test_a_lock_that_is_free_again_in_between_is_not_freed_twice() -> None:
    store = MemoryStore()
    first = take(locking(store), note("a"))
    first.free()
    take(locking(store), note("b"))
    first.free()
    assert holder(store) == "b"


def test_a_holder_whose_store_is_silent_stops_before_others_may_take_the_lock() -> None:
    store = MemoryStore()
    faulty = FaultyStore(store, Fault.DEAD, at=4)  # after taking the lock
    place = locking(faulty)
    lease = take(place, note("a"))
    place.clock.sleep(55)
    with pytest.raises(ConflictError, match="did not answer in time"):
        lease.ensure()


def test_a_sign_of_life_whose_answer_was_lost_still_counts() -> None:
    store = MemoryStore()
    lease = take(locking(FaultyStore(store, Fault.TIMEOUT, at=4)), note("a"))
    lease.renew()  # comes through, but nobody says so
    lease.renew()
    lease.ensure()
    lease.free()
    assert store.files[KEY][0] == FREE


def test_taking_a_lock_whose_answer_was_lost_is_noticed() -> None:
    store = MemoryStore()
    lease = take(locking(FaultyStore(store, Fault.TIMEOUT, at=2)), note("a"))
    lease.ensure()
    assert holder(store) == "a"


def test_a_damaged_lock_counts_as_held_until_it_is_old() -> None:
    store = MemoryStore()
    store.create(KEY, b"{ half")
    with pytest.raises(ConflictError, match="somebody unknown"):
        take(locking(store), note("a"))
    store.time += 61
    take(locking(store), note("a"))
    assert holder(store) == "a"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(600, 600), (10**9, 3600), (10**400, 3600), (-1, 60), ("x", 60), (True, 60), (None, 60)],
)
def test_the_lock_of_another_tool_is_kept_for_the_time_that_it_asks_for(said: Any, seconds: float) -> None:
    found = read_note(json.dumps({"owner": "ci-7", "lock_ttl_seconds": said}).encode(), 60)
    assert found is not None
    assert (found.owner, found.lock_ttl_seconds) == ("ci-7", seconds)


def test_a_store_that_heeds_no_conditions_is_refused() -> None:
    class Careless(MemoryStore):
        def create(self, key: str, content: bytes) -> str:
            return self._put(key, content)

    store = Careless()
    with pytest.raises(MissingError, match="does not heed conditions"):
        take(locking(store), note("a"))
    assert store.files[KEY][0] == FREE


class Busy(MemoryStore):
    """Fails as often as `left` says when something is created that is there."""

    left = 0

    def create(self, key: str, content: bytes) -> str:
        if key in self.files and self.left:
            self.left -= 1
            raise UnsettledError("answered with 503")
        return super().create(key, content)


def test_a_store_that_is_busy_for_a_moment_keeps_its_lock() -> None:
    store = Busy()
    store.left = 2
    take(locking(store), note("a")).ensure()
    assert holder(store) == "a"


def test_a_store_that_stays_busy_is_called_busy_and_keeps_no_lock() -> None:
    store = Busy()
    store.left = 1000
    with pytest.raises(UnsettledError, match="503"):
        take(locking(store), note("a"))
    assert store.files[KEY][0] == FREE


def test_a_lock_is_freed_when_the_store_is_busy_for_a_moment() -> None:
    store = MemoryStore()
    place = locking(FaultyStore(store, Fault.BUSY, at=4))
    take(place, note("a")).free()
    assert store.files[KEY][0] == FREE


def test_a_lock_is_waited_for_as_long_as_was_asked() -> None:
    store = MemoryStore()
    take(locking(store), note("a"))
    place = locking(store, wait=30)
    with pytest.raises(ConflictError):
        take(place, note("b"))
    assert 30 <= place.clock.elapsed() < 32


def test_of_many_who_want_a_lock_at_once_one_has_it() -> None:
    store, inside, most = MemoryStore(), [], []

    def enter(number: int) -> None:
        with held(locking(store, 1e9), note(str(number))):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    guard = threading.Lock()
    for name in ("create", "replace", "read"):
        plain = getattr(store, name)
        setattr(store, name, lambda *given, plain=plain: _guarded(guard, plain, given))
    threads = [threading.Thread(target=enter, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


def _guarded(guard: threading.Lock, call: Any, given: Any) -> Any:
    with guard:
        return call(*given)


def test_a_lease_is_a_value_with_a_token_of_its_own() -> None:
    lease = take(locking(MemoryStore()), note("a"))
    assert isinstance(lease, Lease)
    assert lease.token == "a"
