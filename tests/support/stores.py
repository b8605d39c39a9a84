"""Stores for tests: one in memory, and one whose answers go wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from catalog.errors import MissingError
from catalog.remote.store import OvertakenError, Store, Stored, UnsettledError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
LIMIT = 1 << 24


@dataclass
class MemoryStore:
    """Files in memory, with a clock that stands still until it is moved."""

    files: dict[str, tuple[bytes, int, float]] = field(default_factory=dict)
    time: float = 0.0
    address: str = "memory://"
    _written: int = 0

    def read(self, key: str, known: Stored | None = None) -> Stored | None:
        if key not in self.files:
            return None
        content, tag, written = self.files[key]
        if known and known.tag == str(tag):
            return known
        return Stored(content, str(tag), self.time - written)

    def create(self, key: str, content: bytes) -> str:
        if key in self.files:
            raise OvertakenError(f"{key} is there")
        return self._put(key, content)

    def replace(self, key: str, content: bytes, tag: str) -> str:
        if key not in self.files or str(self.files[key][1]) != tag:
            raise OvertakenError(f"{key} is another one")
        return self._put(key, content)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self.files if key.startswith(prefix))

    def _put(self, key: str, content: bytes) -> str:
        self._written += 1
        self.files[key] = (content, self._written, self.time)
        return str(self._written)


class Fault(StrEnum):
    """What goes wrong with one request."""

    ERROR = "error"  # refused, nothing done (403, no connection)
    BUSY = "503"  # refused, and nobody knows whether it was done; it was not
    TIMEOUT = "timeout"  # done, but the answer is lost
    OVERTAKEN = "412"
    TRUNCATED = "truncated body"
    DEAD = "no network from here on"
    KILLED = "kill -9"
    KILLED_AFTER = "kill -9 after the write"


class KilledError(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class FaultyStore:
    """Hands requests on to `store`, but the one with number `at` goes wrong; `requests` counts them."""

    store: Store
    fault: Fault
    at: int
    requests: int = 0
    is_dead: bool = False

    @property
    def address(self) -> str:
        return self.store.address

    def read(self, key: str, known: Stored | None = None) -> Stored | None:
        return self._done(lambda: self.store.read(key, known))

    def create(self, key: str, content: bytes) -> str:
        return self._done(
            lambda: self.store.create(key, content), lambda: self.store.create(key, content[:9])
        )

    def replace(self, key: str, content: bytes, tag: str) -> str:
        return self._done(
            lambda: self.store.replace(key, content, tag), lambda: self.store.replace(key, content[:9], tag)
        )

    def keys(self, prefix: str) -> Iterator[str]:
        yield from self.store.keys(prefix)

    def _done(self, whole: Callable[[], T], torn: Callable[[], T] | None = None) -> T:
        self.requests += 1
        if self.is_dead:
            raise KilledError if self.fault in _KILLS else MissingError("there is no network")
        if self.requests != self.at:
            return whole()
        return self._wrong(whole, torn)

    def _wrong(self, whole: Callable[[], T], torn: Callable[[], T] | None) -> T:
        self.is_dead = self.fault in {*_KILLS, Fault.DEAD}
        if self.fault is Fault.TRUNCATED and torn:
            return torn()
        if self.fault is Fault.OVERTAKEN and torn:
            raise OvertakenError("somebody else was here")
        if self.fault in {Fault.TIMEOUT, Fault.KILLED_AFTER}:
            whole()
        if self.fault in _KILLS:
            raise KilledError
        if self.fault in {Fault.TIMEOUT, Fault.BUSY} and torn:
            raise UnsettledError("the answer is lost")
        raise MissingError("refused")


_KILLS = frozenset({Fault.KILLED, Fault.KILLED_AFTER})
