"""Replaces one or both files of a catalog, and puts the old ones back when that fails.

Both files are replaced in the order note, first file, second file, verification, empty note; the change of
both is made at the write of the first one (`catalog.remote.commit_note`). One file alone needs no note.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.errors import CatalogError, ConflictError, IntegrityError
from catalog.remote.catalog_state import content_of
from catalog.remote.commit_note import NOTHING, CommitNote, Direction, digest
from catalog.remote.store import OvertakenError, Stored, put

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.remote.catalog_state import State
    from catalog.remote.lock import Lease
    from catalog.remote.store import Store

EMPTY = b"[]\n"
"""A catalog file without entries; what a file that was not there is rolled back to."""


class Change(Struct, frozen=True):
    """One file that is to be replaced: what was read (None where nothing was), and the new content."""

    key: str
    before: Stored | None
    content: bytes

    @property
    def old(self) -> bytes:
        """What is put back."""
        return self.before.content if self.before else EMPTY


class CatalogCommit:
    """Writes under a lock that is held."""

    def __init__(self, store: Store, note_key: str, lease: Lease) -> None:
        """Write to `store`, with the note of a change at `note_key`."""
        self._store = store
        self._note_key = note_key
        self._lease = lease

    def write_one(self, change: Change) -> None:
        """Replace one file, and put the old one back if the store does not give back the new one.

        Raises:
            ConflictError, MissingError, IntegrityError: as `PublishedCatalog.write` says.
        """
        self._lease.ensure()
        tag = put(self._store, change.key, change.content, change.before)
        try:
            self._verify(change, tag)
        except IntegrityError:
            put(self._store, change.key, change.old, _tagged(tag))
            raise

    def write_both(self, state: State, first: Change, second: Change) -> None:
        """Replace two files, or none.

        Raises:
            ConflictError, MissingError, IntegrityError: as `PublishedCatalog.write` says.
        """
        note = _note(first, second, self._lease.token)
        self._lease.ensure()
        note_tag = put(self._store, self._note_key, note.as_bytes(), state.note_file)
        try:
            self._verify(Change(self._note_key, None, note.as_bytes()), note_tag)
            self._lease.ensure()
            tags = {first.key: put(self._store, first.key, first.content, first.before)}
        except (ConflictError, IntegrityError):
            with suppress(CatalogError):  # a note whose first file is another one means nothing
                put(self._store, self._note_key, NOTHING, _tagged(note_tag))
            raise
        try:
            self._lease.ensure()
            tags[second.key] = put(self._store, second.key, second.content, second.before)
            for change in (first, second):
                self._verify(change, tags[change.key])
        except BaseException:
            with suppress(
                CatalogError
            ):  # what cannot be undone now is finished or undone by the next publisher
                self._withdraw(replace(note, texts=_old(first, second)), note_tag, (second, first), tags)
            raise
        put(self._store, self._note_key, NOTHING, _tagged(note_tag))

    def settle(self, state: State, note: CommitNote) -> None:
        """Finish or undo the change of a publisher that is gone.

        Raises:
            ConflictError: the lock was lost.
            MissingError: the store cannot be reached, or refuses.
        """
        self._lease.ensure()
        claim = replace(note, token=self._lease.token)  # from here on its maker can no more withdraw it
        tag = put(self._store, self._note_key, claim.as_bytes(), state.note_file)
        if state.is_made(note):
            for key in (note.second, note.first):
                self._settle_file(note, key, state.file(key))
        put(self._store, self._note_key, NOTHING, _tagged(tag))

    def _settle_file(self, note: CommitNote, key: str, there: Stored | None) -> None:
        text = note.texts.get(key)
        is_known = note.direction is Direction.BACK or digest(content_of(there)) == note.second_old
        if text is not None and is_known and content_of(there) != text.encode():
            put(self._store, key, text.encode(), there)

    def _withdraw(
        self, note: CommitNote, note_tag: str, changes: Sequence[Change], tags: Mapping[str, str]
    ) -> None:
        """Undo a change that is made but not finished; `tags` has what was written.

        The note says so first: where another publisher has taken the change over, this write is refused.
        """
        back = replace(note, direction=Direction.BACK)
        tag = put(self._store, self._note_key, back.as_bytes(), _tagged(note_tag))
        for change in changes:
            there = self._store.read(change.key)
            if there and (there.content == change.content or there.tag == tags.get(change.key)):
                put(self._store, change.key, change.old, there)
        put(self._store, self._note_key, NOTHING, _tagged(tag))

    def _verify(self, change: Change, tag: str) -> None:
        found = self._store.read(change.key)
        if found and found.content == change.content:
            return
        where = f"{self._store.address}/{change.key}"
        if found is None or found.tag != tag:
            raise OvertakenError(
                f"{where} was written by somebody who does not heed the lock.",
                "Find out who that is, then run the command again.",
            )
        raise IntegrityError(f"{where} is not what was written there a moment ago.", "Check the store.")


def _note(first: Change, second: Change, token: str) -> CommitNote:
    return CommitNote(
        token=token,
        first=first.key,
        first_new=digest(first.content),
        second=second.key,
        second_old=digest(content_of(second.before)),
        texts={second.key: second.content.decode()},
    )


def _old(first: Change, second: Change) -> dict[str, str]:
    return {change.key: change.old.decode() for change in (second, first)}


def _tagged(tag: str) -> Stored:
    """What is there by its tag alone, which is all that a write needs."""
    return Stored(b"", tag)
