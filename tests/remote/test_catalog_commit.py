"""Whatever goes wrong at whatever step: the published catalog is wholly the old or wholly the new one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import CatalogError, ConflictError, IntegrityError
from catalog.operations.publication import Outcome, Wishes, carry_out, plan_publication
from catalog.remote.commit_note import NOTHING, read_commit_note
from catalog.remote.directory_store import DirectoryStore
from catalog.remote.lock import held, take
from catalog.remote.lock_note import FREE
from tests.support.published import AllThere, catalog, entry, names_in, offered, target, tool
from tests.support.stores import LIMIT, Fault, FaultyStore, KilledError, MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.registry.published import Published
    from catalog.registry.registry import Entry
    from catalog.remote.store import Store

APPS, TOOLS = "garden/default/apps.json", "garden/default/tools.json"
LOCK, NOTE = "garden/default/registry.lock", "garden/default/publish.commit"
OLD = catalog(entry("a"), entry("stays"), tool("tool-t"), tool("tool-stays"))
ONE_FILE = (entry("a", "1.1.0"), entry("b"))
BOTH_FILES = (entry("a", "1.1.0"), entry("b"), tool("tool-t", "2.0.0"), tool("tool-u"))
MOVING = (tool("a", "2.0.0"), entry("tool-t", "2.0.0"))
KILLS = {Fault.KILLED, Fault.KILLED_AFTER}
STEPS = range(1, 30)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def filled(store: Store, published: Published | None = OLD) -> Store:
    if published is not None:
        store.create(APPS, published.apps_json())
        store.create(TOOLS, published.tools_json())
    return store


def publish(store: Store, *entries: Entry) -> Outcome:
    return carry_out(target(store), Wishes(offered(*entries), AllThere()))


def raw(store: Store) -> tuple[list[str], list[str]]:
    """What somebody reads who knows nothing of notes and locks."""
    files = (store.read(APPS), store.read(TOOLS))
    apps, tools = (names_in(file.content if file else None) for file in files)
    return apps, tools


def read(store: Store) -> tuple[list[str], list[str]]:
    """What our own readers see."""
    apps, tools = (names_in(content) for content in target(store).catalog.read().contents())
    return apps, tools


def unlock(store: MemoryStore) -> None:
    if LOCK in store.files:
        store.replace(LOCK, FREE, str(store.files[LOCK][1]))


def expected(published: Published | None, *entries: Entry) -> tuple[list[str], list[str]]:
    """What stands there once all went well."""
    store = filled(MemoryStore(), published)
    assert publish(store, *entries).is_published
    return raw(store)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("entries", [ONE_FILE, BOTH_FILES, MOVING], ids=["one file", "both files", "moving"])
@pytest.mark.parametrize("before", [OLD, None], ids=["old", "first"])
def test_the_catalog_is_the_old_or_the_new_one_after_a_fault_at_any_step(
    fault: Fault, entries: tuple[Entry, ...], before: Published | None
) -> None:
    old, new = raw(filled(MemoryStore(), before)), expected(before, *entries)
    reached = 0
    for at in STEPS:
        store = filled(MemoryStore(), before)
        assert isinstance(store, MemoryStore)
        faulty = FaultyStore(store, fault, at)
        with suppress(CatalogError, KilledError):
            publish(faulty, *entries)
        reached += faulty.requests >= at
        assert read(store) in (old, new), at
        assert all(
            file in files for file, files in zip(raw(store), zip(old, new, strict=True), strict=True)
        ), at
        if fault not in {*KILLS, Fault.DEAD}:
            assert raw(store) in (old, new), at
        unlock(store)
        publish(store, *entries, entry("z-later"))
        assert raw(store) == ([*new[0], "z-later 1.0.0"], new[1]), at
        assert store.read(NOTE) is None or store.files[NOTE][0] == NOTHING
    assert 9 <= reached < len(STEPS)


@pytest.mark.parametrize("fault", [Fault.KILLED, Fault.DEAD])
def test_another_publisher_finishes_or_undoes_what_one_left_and_adds_its_own(fault: Fault) -> None:
    old, new = raw(filled(MemoryStore())), expected(OLD, *BOTH_FILES)
    seen = set()
    for at in STEPS:
        store = filled(MemoryStore())
        assert isinstance(store, MemoryStore)
        with suppress(CatalogError, KilledError):
            publish(FaultyStore(store, fault, at), *BOTH_FILES)
        unlock(store)
        publish(store, entry("other"))
        apps, tools = raw(store)
        assert apps[-1] == "other 1.0.0"
        assert (apps[:-1], tools) in (old, new)
        seen.add(len(tools))
    assert seen == {2, 3}  # both ends were met


def test_a_change_that_was_withdrawn_by_one_who_died_is_undone() -> None:
    """A second fault while the first one is being undone."""
    old, new = raw(filled(MemoryStore())), expected(OLD, *BOTH_FILES)
    for first in range(8, 20):
        for second in range(first, 26):
            store = filled(MemoryStore())
            assert isinstance(store, MemoryStore)
            inner = FaultyStore(store, Fault.KILLED, second)
            with suppress(CatalogError, KilledError):
                publish(FaultyStore(inner, Fault.OVERTAKEN, first), *BOTH_FILES)
            assert read(store) in (old, new)
            unlock(store)
            publish(store, entry("z-later"))
            apps, tools = raw(store)
            assert (apps[:-1], tools) in (old, new)


def test_what_moves_between_files_is_never_in_none_of_them() -> None:
    for at in STEPS:
        for mine in (tool("a", "2.0.0"), entry("tool-t", "2.0.0")):
            store = filled(MemoryStore())
            with suppress(KilledError):
                publish(FaultyStore(store, Fault.KILLED, at), mine)
            apps, tools = raw(store)
            assert any(line.split()[0] == mine.name for line in (*apps, *tools))


def test_a_failed_download_is_never_taken_for_an_empty_catalog() -> None:
    """The template wiped the remote catalog when reading it failed without a message."""
    for fault in (Fault.ERROR, Fault.BUSY, Fault.TIMEOUT, Fault.TRUNCATED, Fault.DEAD):
        for at in (1, 2, 3, 4):
            store = filled(MemoryStore())
            with pytest.raises(CatalogError):
                publish(FaultyStore(store, fault, at), *BOTH_FILES)
            assert raw(store) == raw(filled(MemoryStore()))


def test_a_failed_download_stops_a_dry_run_as_well() -> None:
    for at in (1, 2, 3, 4):
        store = filled(MemoryStore())
        with pytest.raises(CatalogError):
            plan_publication(target(FaultyStore(store, Fault.ERROR, at)), Wishes([], AllThere()))


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b'{"entries": []}', b"[", b"\x1f\x8b\x08"])
def test_a_remote_file_that_is_no_catalog_is_left_as_it_is(content: bytes) -> None:
    store = MemoryStore()
    store.create(APPS, content)
    with pytest.raises(IntegrityError, match=r"apps\.json is no catalog"):
        publish(store, *BOTH_FILES)
    assert list(store.files) == [APPS]


def test_publishing_deletes_neither_its_lock_nor_a_file_of_somebody_else() -> None:
    """The template synchronised with --delete and so took its own lock and all foreign files away."""
    store = filled(MemoryStore())
    foreign = {"garden/default/notes.txt": b"mine", "garden/v2/apps.json": b"[]", "index.html": b"<html>"}
    for key, content in foreign.items():
        store.create(key, content)
    publish(store, *BOTH_FILES)
    assert LOCK in set(store.keys(""))
    for key, content in foreign.items():
        found = store.read(key)
        assert found is not None
        assert found.content == content


def test_somebody_who_writes_without_the_lock_is_not_overwritten() -> None:
    store = filled(MemoryStore())
    assert isinstance(store, MemoryStore)
    place = target(store)
    with held(place.locking(1), place.lock_note()) as lease:
        state = place.catalog.settle(lease)
        for key in (APPS, TOOLS):
            store.replace(key, b"[]\n", str(store.files[key][1]))
        with pytest.raises(ConflictError):
            place.catalog.write(state, OLD, catalog(*BOTH_FILES), lease)
    assert raw(store) == ([], [])


def test_a_publisher_whose_lock_was_taken_writes_nothing_more() -> None:
    store = filled(MemoryStore())
    assert isinstance(store, MemoryStore)
    place = target(store)
    lost = take(place.locking(1), place.lock_note())
    state = place.catalog.settle(lost)
    store.time += 61
    publish(store, entry("quick"))
    with pytest.raises(ConflictError):
        place.catalog.write(state, OLD, catalog(*BOTH_FILES), lost)
    lost.renew()
    lost.free()
    assert raw(store)[0][-1] == "quick 1.0.0"


def test_a_publisher_that_was_asleep_undoes_nothing_that_another_has_finished() -> None:
    store = filled(MemoryStore())
    assert isinstance(store, MemoryStore)
    with suppress(KilledError):  # asleep right after the first file
        publish(FaultyStore(store, Fault.KILLED, 17), *BOTH_FILES)
    sleeper = target(store)
    before = sleeper.catalog.read()
    assert before.note is not None
    unlock(store)
    publish(store, entry("other"))
    after = raw(store)
    lease = take(sleeper.locking(1), sleeper.lock_note())
    with pytest.raises(ConflictError):
        sleeper.catalog._commit(lease).settle(before, before.note)
    assert raw(store) == after


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"format": 2}',
        b'{"format": 1, "token": 5}',
        (
            b'{"format": 1, "token": "t", "first": "x", "first_new": "", "second": "y", "second_old": "",'
            b'"texts": {"z": ""}, "direction": "forward"}'
        ),
    ],
)
def test_a_note_that_is_none_stops_everything(content: bytes) -> None:
    store = filled(MemoryStore())
    store.create(NOTE, content)
    with pytest.raises(IntegrityError):
        publish(store, *BOTH_FILES)
    assert raw(store) == raw(filled(MemoryStore()))


@given(content=st.binary(max_size=200) | st.text(alphabet='{}[]":,1format', max_size=60).map(str.encode))
@settings(max_examples=150)
def test_no_note_crashes_the_reader(content: bytes) -> None:
    with suppress(IntegrityError):
        read_commit_note(content, "there")


def test_two_files_of_a_plain_directory_are_replaced_as_one(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir()
    store = filled(DirectoryStore(root, LIMIT))
    assert publish(store, *BOTH_FILES).is_published
    assert raw(store) == expected(OLD, *BOTH_FILES)
