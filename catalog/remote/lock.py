"""The lock of a published catalog: one holder at a time, who must show signs of life.

Taking, renewing and freeing are conditional writes, so none of them can undo what another holder has done.
A lock without a sign of life for its time is stale and may be taken; the age is measured by the store's own
clock. Whoever was so taken by surprise finds out at the next write, which is conditional as well.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.errors import CatalogError, ConflictError, MissingError
from catalog.remote.lock_note import FREE, LockNote, read_note
from catalog.remote.store import OvertakenError, PassingError, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from catalog.remote.clock import Clock
    from catalog.remote.store import Store, Stored

_RENEWALS = 4
"""Signs of life within the time of a lock."""
_POLL_MS = (150, 900)
"""Between two looks at a lock that is held; at random, so that those who wait do not move together."""
_PAUSES = (0.5, 2.0)
"""Seconds before a write is sent again whose failure passes."""


class Locking(Struct, frozen=True):
    """Where the lock is, how long to wait for it in seconds, and the clock that measures that."""

    store: Store
    key: str
    wait: float
    clock: Clock


class Lease:
    """A lock that is held; `ensure` says for how long it still is."""

    def __init__(self, locking: Locking, note: LockNote, tag: str, since: float) -> None:
        """Hold the lock that was written as `tag` not before the moment `since`."""
        self._locking = locking
        self._note = note
        self._tag = tag
        self._since = since
        self._lost = ""
        self._turn = threading.Lock()

    @property
    def token(self) -> str:
        """What no other holding of a lock has."""
        return self._note.token

    def ensure(self) -> None:
        """Go on only while nobody else can have the lock.

        Raises:
            ConflictError: it was taken, or may be taken any moment.
        """
        if self._locking.clock.elapsed() - self._since > self._note.lock_ttl_seconds / 2:
            self.renew()
        is_over = self._locking.clock.elapsed() - self._since > self._note.lock_ttl_seconds * 0.9
        if self._lost or is_over:
            raise ConflictError(
                f"The lock {self._locking.key} was lost. {self._lost or 'The store did not answer in time.'}",
                "Run the command again.",
            )

    def renew(self) -> None:
        """Show a sign of life; that it failed is told by `ensure`."""
        with self._turn:
            if self._lost:
                return
            now, note = self._locking.clock.elapsed(), self._note.renewed()
            try:
                self._tag = self._locking.store.replace(self._locking.key, note.as_bytes(), self._tag)
            except OvertakenError:
                self._lost = self._recovered(note, now)
                return
            except MissingError:
                return  # the next sign of life may succeed; without one the time runs out
            self._note, self._since = note, now

    def _recovered(self, note: LockNote, now: float) -> str:
        """Why the lock is lost; empty if an earlier sign of life of ours had come through after all."""
        with suppress(MissingError):
            found = self._locking.store.read(self._locking.key)
            holder = read_note(found.content, note.lock_ttl_seconds) if found else None
            if found and holder and holder.token == note.token:
                self._tag, self._note, self._since = found.tag, note, now - found.age
                return ""
        return "Somebody else has taken it."

    def free(self) -> None:
        """Give the lock back, if it is still ours; a store that is busy is asked again."""
        with self._turn, suppress(CatalogError):
            if not self._lost:
                store, key = self._locking.store, self._locking.key
                _patiently(self._locking.clock, lambda: store.replace(key, FREE, self._tag))


@contextmanager
def held(locking: Locking, note: LockNote) -> Iterator[Lease]:
    """Hold the lock, with signs of life in the background, and free it at the end.

    Raises:
        ConflictError: somebody else has it for longer than we wait.
        MissingError: the store cannot be reached, refuses, or does not heed conditions.
    """
    lease = take(locking, note)
    over = threading.Event()
    thread = threading.Thread(target=_keep, args=(lease, over, note.lock_ttl_seconds), daemon=True)
    try:
        thread.start()
        yield lease
    finally:
        over.set()
        thread.join()
        lease.free()


def take(locking: Locking, note: LockNote) -> Lease:
    """Take the lock as soon as it is free or stale.

    Raises:
        ConflictError: somebody else has it for longer than we wait.
        MissingError: the store cannot be reached, refuses, or does not heed conditions.
    """
    begun = locking.clock.elapsed()
    while True:
        since = locking.clock.elapsed()
        there = locking.store.read(locking.key)
        holder = read_note(there.content, note.lock_ttl_seconds) if there else None
        is_ours = holder is not None and holder.token == note.token  # an earlier attempt came through
        if there and is_ours:
            return _checked(locking, Lease(locking, note, there.tag, since - there.age), note)
        if holder is None or is_stale(there, holder):
            with suppress(OvertakenError):
                return _checked(
                    locking,
                    Lease(locking, note, put(locking.store, locking.key, note.as_bytes(), there), since),
                    note,
                )
        if locking.clock.elapsed() - begun >= locking.wait:
            raise _busy(locking, holder)
        locking.clock.sleep((_POLL_MS[0] + secrets.randbelow(_POLL_MS[1] - _POLL_MS[0])) / 1000)


def is_stale(there: Stored | None, holder: LockNote) -> bool:
    """Whether the holder has shown no sign of life for the time that its note promises."""
    return there is not None and there.age > holder.lock_ttl_seconds


def _keep(lease: Lease, over: threading.Event, ttl: float) -> None:
    while not over.wait(ttl / _RENEWALS):
        lease.renew()


def _checked(locking: Locking, lease: Lease, note: LockNote) -> Lease:
    """The lease, once the store has shown that it refuses to create what is there.

    What is tried differs from what is there: a store that sends a request again takes the same content, where
    it is refused, for its own.
    """
    other = note.renewed().as_bytes()
    try:
        tag = _patiently(locking.clock, lambda: locking.store.create(locking.key, other))
    except OvertakenError:
        return lease
    except BaseException:
        lease.free()
        raise
    with suppress(CatalogError):
        locking.store.replace(locking.key, FREE, tag)
    raise MissingError(
        f"{locking.store.address} does not heed conditions on writes (If-None-Match), so publishing there at "
        "the same time as others would lose entries.",
        "Use a store that does, or a newer version of this one.",
    )


def _patiently(clock: Clock, write: Callable[[], str]) -> str:
    """What a conditional write gives, which is sent again when its failure passes.

    Raises:
        MissingError, ConflictError: as the write.
    """
    for pause in _PAUSES:
        with suppress(PassingError):
            return write()
        clock.sleep(pause)
    return write()


def _busy(locking: Locking, holder: LockNote | None) -> ConflictError:
    who = f"is held by {holder.whose}" if holder else "is taken again and again by others"
    return ConflictError(
        f"The lock {locking.key} in {locking.store.address} {who}.",
        "Wait longer with --wait SECONDS; if nobody publishes there: catalog remote unlock",
    )
