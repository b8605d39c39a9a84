"""Any sequence of releases, faults and kills by two workspaces: the store agrees with a model."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from semver import Version

from catalog.errors import CatalogError
from catalog.model.names import Kind
from catalog.operations.publication import Wishes, carry_out
from catalog.remote.lock_note import FREE
from tests.support.published import AllThere, entry, names_in, offered, target
from tests.support.stores import Fault, FaultyStore, KilledError, MemoryStore

if TYPE_CHECKING:
    from catalog.registry.registry import Entry

APPS, TOOLS = "garden/default/apps.json", "garden/default/tools.json"
LOCK = "garden/default/registry.lock"
RELEASES = st.dictionaries(
    st.sampled_from("abcd"),
    st.tuples(
        st.sampled_from(["1.0.0-rc.1", "1.0.0", "1.1.0", "2.0.0"]), st.sampled_from("xy"), st.booleans()
    ),
    min_size=1,
)
Release = dict[str, tuple[str, str, bool]]
"""Version, content, and whether it is a tool, by name."""


class Publishing(RuleBasedStateMachine):
    """`now` is what the catalog must hold; after a fault it may be `then` as well, until somebody looks."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()
        self.now: Release = {}
        self.then: Release = {}
        self.is_killed = False
        self.folder = tempfile.TemporaryDirectory()
        os.environ["XDG_STATE_HOME"] = self.folder.name

    def teardown(self) -> None:
        os.environ.pop("XDG_STATE_HOME")
        self.folder.cleanup()

    @rule(release=RELEASES)
    def publish(self, release: Release) -> None:
        self._free()
        before = self._read()
        outcome = carry_out(target(self.store), Wishes(offered(*_entries(release)), AllThere()))
        expected = _released(before, release)
        assert bool(outcome.plan.conflicts) == (expected is None)
        self.now = self.then = before if expected is None else expected
        self.is_killed = False
        assert self._raw() == self.now

    @rule(release=RELEASES, fault=st.sampled_from(Fault), at=st.integers(1, 26))
    def fail(self, release: Release, fault: Fault, at: int) -> None:
        self._free()
        before = self._read()
        with suppress(CatalogError, KilledError):
            carry_out(
                target(FaultyStore(self.store, fault, at)), Wishes(offered(*_entries(release)), AllThere())
            )
        self.now, self.then = before, _released(before, release) or before
        self.is_killed |= fault in {Fault.KILLED, Fault.KILLED_AFTER, Fault.DEAD}

    @precondition(lambda self: self.is_killed)
    @rule()
    def wait_until_the_lock_is_stale(self) -> None:
        self.store.time += 61

    @invariant()
    def the_catalog_is_the_old_or_the_new_one(self) -> None:
        assert self._read() in (self.now, self.then)
        if not self.is_killed:
            assert self._raw() in (self.now, self.then)

    def _free(self) -> None:
        """As `remote unlock` does, since nobody else lives here."""
        if LOCK in self.store.files:
            self.store.replace(LOCK, FREE, str(self.store.files[LOCK][1]))

    def _read(self) -> Release:
        return _release(*target(self.store).catalog.read().contents())

    def _raw(self) -> Release:
        files = (self.store.read(key) for key in (APPS, TOOLS))
        return _release(*(file.content if file else None for file in files))


@pytest.mark.parametrize("again", [{"a": ("1.0.0", "x", False)}, {"a": ("0.9.0", "x", False)}])
def test_a_publisher_with_nothing_to_write_finishes_what_a_killed_one_left(again: Release) -> None:
    state = Publishing()
    release = {"a": ("1.0.0", "x", False), "b": ("1.0.0", "x", True)}
    try:
        for at in range(1, 27):
            state.store = MemoryStore()
            state.fail(release, Fault.DEAD, at)
            state.publish(again if state._read() else release)
    finally:
        state.teardown()


def _entries(release: Release) -> list[Entry]:
    return [
        entry(name, version, Kind.TOOL if is_tool else Kind.APP, content=content)
        for name, (version, content, is_tool) in release.items()
    ]


def _release(apps: bytes | None, tools: bytes | None) -> Release:
    found: Release = {}
    for content, is_tool in ((apps, False), (tools, True)):
        assert len(set(names_in(content))) == len(names_in(content))
        for one in json.loads(content or b"[]"):
            assert one["name"] not in found
            found[one["name"]] = (one["version"], one["content"], is_tool)
    return found


def _released(before: Release, release: Release) -> Release | None:
    """What a release makes of a catalog; None if it must not be."""
    for name, wanted in release.items():
        there = before.get(name)
        if there and there != wanted and Version.parse(wanted[0]) <= Version.parse(there[0]):
            return None
    return before | release


TestPublishing = Publishing.TestCase
TestPublishing.settings = settings(max_examples=25, stateful_step_count=10, deadline=None)
