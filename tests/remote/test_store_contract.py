"""Every store keeps the same promises, since publishing relies on nothing else."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from catalog.errors import IntegrityError, MissingError, UsageError
from catalog.remote.directory_store import LOCK_FILE, DirectoryStore
from catalog.remote.open_store import open_store
from catalog.remote.store import OvertakenError, Store, UnsettledError, put
from catalog.workspace.publish_settings import PublishSettings
from tests.support.other_users import SOMEBODY, SOMEBODY_ELSE, acting_as, as_root, shared_folder
from tests.support.stores import LIMIT, Fault, FaultyStore, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "garden/default/apps.json"


@pytest.fixture(params=["memory", "directory", pytest.param("s3", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    makers: dict[str, Callable[[], Store]] = {
        "memory": MemoryStore,
        "directory": lambda: DirectoryStore(tmp_path, LIMIT),
        "s3": lambda: request.getfixturevalue("s3")(f"{tmp_path.name}/"),
    }
    return makers[request.param]()


def test_what_was_written_is_read(store: Store) -> None:
    tag = store.create(KEY, b"[]\n")
    found = store.read(KEY)
    assert found is not None
    assert (found.content, found.tag) == (b"[]\n", tag)
    assert 0 <= found.age < 60


def test_an_earlier_reading_is_handed_back_while_it_holds(store: Store) -> None:
    tag = store.create(KEY, b"1")
    known = store.read(KEY)
    assert store.read(KEY, known) is known
    store.replace(KEY, b"2", tag)
    found = store.read(KEY, known)
    assert found is not None
    assert found.content == b"2"


def test_what_is_not_there_is_said_to_be_not_there(store: Store) -> None:
    assert store.read(KEY) is None


def test_what_is_there_is_not_created_again(store: Store) -> None:
    store.create(KEY, b"old")
    with pytest.raises(OvertakenError):
        store.create(KEY, b"new")
    assert content(store) == b"old"


def test_only_what_was_read_is_replaced(store: Store) -> None:
    first = store.create(KEY, b"1")
    second = store.replace(KEY, b"2", first)
    with pytest.raises(OvertakenError):
        store.replace(KEY, b"3", first)
    assert content(store) == b"2"
    store.replace(KEY, b"3", second)
    assert content(store) == b"3"


def test_what_is_not_there_is_not_replaced(store: Store) -> None:
    tag = store.create(KEY, b"1")
    with pytest.raises(OvertakenError):
        store.replace("garden/default/tools.json", b"2", tag)


def test_keys_are_listed_by_their_beginning(store: Store) -> None:
    for key in ("b/2", "b/1", "a/1"):
        store.create(key, b"")
    assert list(store.keys("b/")) == ["b/1", "b/2"]
    assert list(store.keys("c")) == []


def test_of_many_who_replace_at_once_one_wins(store: Store) -> None:
    tag, won = store.create(KEY, b"0"), []

    def replace(number: int) -> None:
        try:
            store.replace(KEY, str(number).encode(), tag)
        except OvertakenError:
            return
        won.append(number)

    threads = [threading.Thread(target=replace, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert content(store) == str(won[0]).encode()


def test_a_write_whose_answer_was_lost_is_settled_by_reading() -> None:
    store = MemoryStore()
    assert put(FaultyStore(store, Fault.TIMEOUT, 1), KEY, b"1", None) == store.read(KEY).tag  # type: ignore[union-attr]
    with pytest.raises(UnsettledError):
        put(FaultyStore(store, Fault.BUSY, 1), KEY, b"2", store.read(KEY))
    assert content(store) == b"1"


def test_a_share_that_is_not_mounted_is_not_an_empty_catalog(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "gone", LIMIT)
    for attempt in (lambda: store.read(KEY), lambda: store.create(KEY, b""), lambda: list(store.keys(""))):
        with pytest.raises(MissingError, match="is not there"):
            attempt()


def test_a_folder_that_refuses_is_not_an_empty_catalog(tmp_path: Path) -> None:
    (tmp_path / "garden").write_text("a file where a folder should be")
    with pytest.raises(MissingError, match="cannot be used"):
        DirectoryStore(tmp_path, LIMIT).read(KEY)


@pytest.mark.parametrize("key", ["../x", "/etc/x", "a/../../x", ""])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(IntegrityError, match="no name of a file"):
        DirectoryStore(tmp_path, LIMIT).read(key)


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path, 3)
    store.create(KEY, b"12345")
    with pytest.raises(IntegrityError, match="more than 3 bytes"):
        store.read(KEY)


def test_what_a_killed_writer_left_is_written_over(tmp_path: Path) -> None:
    left = tmp_path / "garden/default/.apps.json.catalog-new"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half of something longer than the file")
    store = DirectoryStore(tmp_path, LIMIT)
    store.create(KEY, b"[]")
    assert content(store) == b"[]"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [LOCK_FILE, "apps.json"]


@as_root
@pytest.mark.parametrize("umask", [0o002, 0o007])
def test_a_folder_that_a_group_shares_is_written_by_each_of_its_members(umask: int) -> None:
    with shared_folder(0o2775, SOMEBODY.group) as folder:
        store = DirectoryStore(folder, LIMIT)
        with acting_as(SOMEBODY, umask):
            tag = store.create(KEY, b"1")
            left = (folder / KEY).with_name(".apps.json.catalog-new")
            left.write_bytes(b"half, by one who was killed")
            left.chmod(0o644)
        with acting_as(SOMEBODY_ELSE, umask):
            tag = store.replace(KEY, b"2", tag)
        with acting_as(SOMEBODY, umask):
            store.replace(KEY, b"3", tag)
            assert content(store) == b"3"


@as_root
def test_a_lock_that_an_older_version_made_for_one_user_keeps_nobody_out() -> None:
    with shared_folder(0o2775, SOMEBODY.group) as folder:
        (folder / LOCK_FILE).touch(0o644)
        with acting_as(SOMEBODY, 0o002):
            DirectoryStore(folder, LIMIT).create(KEY, b"1")


def test_what_is_written_is_as_open_as_the_umask_has_it(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        DirectoryStore(tmp_path, LIMIT).create(KEY, b"1")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / KEY, tmp_path / LOCK_FILE)}
    assert modes == {0o664}


def test_a_store_is_opened_by_its_address(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    settings = PublishSettings(store=f"{tmp_path.as_uri()}/a%20b")
    open_store(settings).create(KEY, b"x")
    assert (tmp_path / "a b" / KEY).read_bytes() == b"x"


@pytest.mark.slow
def test_a_bucket_is_opened_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")  # or a cloud's address is asked for a login
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert open_store(PublishSettings(store="s3://bucket/pre/fix/")).address == "s3://bucket/pre/fix"


@pytest.mark.slow
def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="no profile 'acme-dev'"):
        open_store(PublishSettings(store="s3://bucket", profile="acme-dev"))


def content(store: Store) -> bytes:
    found = store.read(KEY)
    assert found is not None
    return found.content
