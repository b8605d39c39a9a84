"""A place that holds published files, in the few words that publishing without a loss needs.

Every write is conditional: it creates what is not there, or replaces exactly what was read. There is no word
for deleting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from catalog.errors import ConflictError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator


class OvertakenError(ConflictError):
    """What was to be replaced is not what was read, or what was to be created is there (412)."""


class PassingError(MissingError):
    """The store does not do what it should for now: unreachable or busy; the same may succeed soon."""


class UnsettledError(PassingError):
    """Nobody knows whether a write was carried out: its answer is lost."""


class Stored(Struct, frozen=True):
    """One file as it was read; `tag` names exactly this writing of it.

    `age` is the seconds since it was written, by the store's own clock, so that no two machines need agree on
    the time.
    """

    content: bytes
    tag: str
    age: float = 0.0

    def __repr__(self) -> str:
        """Without the content, which may be long or private."""
        return f"Stored(tag={self.tag!r}, age={self.age!r})"


class Store(Protocol):
    """Files by their keys, such as `garden/default/apps.json`."""

    @property
    def address(self) -> str:
        """What messages call the store."""

    def read(self, key: str, known: Stored | None = None) -> Stored | None:
        """The file; None only if the store says for certain that it has none.

        `known` is an earlier reading, which is handed back if it still holds; its age is that of then.

        Raises:
            MissingError: the store cannot be reached, refuses, or breaks off.
        """

    def create(self, key: str, content: bytes) -> str:
        """Write a file that is not there yet; its tag.

        Raises:
            OvertakenError: it is there.
            UnsettledError: nobody knows whether it was written.
            MissingError: the store cannot be reached, or refuses.
        """

    def replace(self, key: str, content: bytes, tag: str) -> str:
        """Replace what has this tag; the new tag.

        Raises:
            OvertakenError: what is there has another tag, or nothing is there.
            UnsettledError: nobody knows whether it was written.
            MissingError: the store cannot be reached, or refuses.
        """

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in order.

        Raises:
            MissingError: the store cannot be reached, or refuses.
        """


def put(store: Store, key: str, content: bytes, before: Stored | None) -> str:
    """Write `content` where `before` was read (None: where nothing was); its tag.

    A write whose answer is lost is settled by reading: what is there is ours or it is not.

    Raises:
        OvertakenError: somebody else has written there.
        MissingError: the store cannot be reached, or refuses.
    """
    try:
        return store.create(key, content) if before is None else store.replace(key, content, before.tag)
    except UnsettledError:
        found = store.read(key)
        if found is not None and found.content == content:
            return found.tag
        raise
