"""The catalog of one generation in a store: read as one value, replaced as one value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.registry.published import Published
from catalog.remote.catalog_commit import CatalogCommit, Change
from catalog.remote.catalog_state import State
from catalog.remote.commit_note import read_commit_note

if TYPE_CHECKING:
    from catalog.registry.layout import Garden
    from catalog.remote.lock import Lease
    from catalog.remote.store import Store

COMMIT_NOTE = "publish.commit"


class PublishedCatalog:
    """apps.json and tools.json of one generation."""

    def __init__(self, store: Store, garden: Garden) -> None:
        """Use the files of `garden` in `store`."""
        self._store = store
        self._apps = str(garden.apps)
        self._tools = str(garden.tools)
        self._note = str(garden.folder / COMMIT_NOTE)

    def read(self, known: State | None = None) -> State:
        """The files as they are; between two readings of the note nobody has changed both.

        What an earlier reading `known` has is not fetched again while it holds.

        Raises:
            MissingError: the store cannot be reached, refuses, or breaks off.
            IntegrityError: the note of an unfinished change is none of ours.
        """
        while True:
            before = self._store.read(self._note, known.note_file if known else None)
            apps = self._store.read(self._apps, known.apps if known else None)
            tools = self._store.read(self._tools, known.tools if known else None)
            note_file = self._store.read(self._note, before)
            if (before and before.tag) == (note_file and note_file.tag):
                source = f"{self._store.address}/{self._note}"
                note = read_commit_note(note_file.content, source) if note_file else None
                return State(self._apps, self._tools, apps, tools, note_file, note)

    def entries(self, state: State) -> Published:
        """What a reading holds.

        Raises:
            IntegrityError: a file is no catalog.
        """
        return Published.read(*state.contents(), self._store.address)

    def settle(self, lease: Lease, known: State | None = None) -> State:
        """Finish or undo what a publisher has left unfinished, and read what there is then.

        What an earlier reading `known` has is not fetched again while it holds.

        Raises:
            ConflictError: the lock was lost.
            MissingError, IntegrityError: as for `read`.
        """
        state = self.read(known)
        if state.note is None:
            return state
        self._commit(lease).settle(state, state.note)
        return self.read()

    def write(self, state: State, old: Published, new: Published, lease: Lease) -> None:
        """Replace the catalog `old`, which was read as `state`, with `new`; wholly or not at all.

        Raises:
            ConflictError: the lock was lost, or somebody has written without it.
            MissingError: the store cannot be reached, or refuses.
            IntegrityError: the store does not give back what was written.
        """
        changes = []
        if new.apps != old.apps:
            changes.append(Change(self._apps, state.apps, new.apps_json()))
        if new.tools != old.tools:
            changes.append(Change(self._tools, state.tools, new.tools_json()))
        from_apps = {entry.name for entry in old.apps} & {entry.name for entry in new.tools}
        if from_apps:
            changes.reverse()  # what moves is for a moment in both files, never in none
        commit = self._commit(lease)
        if len(changes) > 1:
            commit.write_both(state, changes[0], changes[1])
        elif changes:
            commit.write_one(changes[0])

    def _commit(self, lease: Lease) -> CatalogCommit:
        return CatalogCommit(self._store, self._note, lease)
