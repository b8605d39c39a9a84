"""Results that are kept for the next run: the same ones come back, and nothing else."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.workspace.kept import Kept, digest, kept_file

lines = st.binary(max_size=30).filter(lambda line: b"\n" not in line)
results = st.dictionaries(st.text(max_size=8), st.tuples(st.text(max_size=4), lines), max_size=8)


def keep(file: Path, values: dict[str, tuple[str, bytes]], recipe: str = "") -> None:
    with Kept(file, recipe) as kept:
        for name, (source, result) in values.items():
            kept.put(name, result, source)


def test_a_result_comes_back_for_the_same_sources_only(tmp_path: Path) -> None:
    file = tmp_path / "a/b.kept"
    keep(file, {"page": ("one", b"bytes")})
    with Kept(file) as kept:
        assert kept.get("page", "one") == b"bytes"
        assert kept.has("page", "one")
        assert kept.get("page", "other") is None
        assert kept.get("page", "one", "") is None
        assert kept.get("other", "one") is None
        assert not kept.has("other", "one")


def test_another_recipe_knows_nothing_of_it(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"page": ("one", b"bytes")}, "a tool")
    with Kept(file, "another tool") as kept:
        assert kept.get("page", "one") is None


def test_a_later_result_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"page": ("one", b"old")})
    keep(file, {"page": ("two", b"new")})
    with Kept(file) as kept:
        assert kept.get("page", "one") is None
        assert kept.get("page", "two") == b"new"


def test_what_nobody_asked_for_goes_when_the_run_was_complete(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"stays": ("", b"1"), "goes": ("", b"2")})
    with Kept(file) as kept:
        assert kept.get("stays", "") == b"1"
    with Kept(file) as kept:
        assert kept.get("stays", "") == b"1"
        assert kept.has("goes", "")
        kept.forget_the_rest()
    with Kept(file) as kept:
        assert kept.get("stays", "") == b"1"
        assert not kept.has("goes", "")


def test_a_run_that_failed_leaves_what_it_made_and_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"before": ("", b"1")})
    kept = Kept(file)
    kept.put("made", b"2", "")
    with pytest.raises(RuntimeError), kept:
        raise RuntimeError
    with Kept(file) as kept:
        assert (kept.get("before", ""), kept.get("made", "")) == (b"1", b"2")


def test_a_result_with_a_line_break_is_refused(tmp_path: Path) -> None:
    with Kept(tmp_path / "b.kept") as kept, pytest.raises(ValueError, match="one line"):
        kept.put("page", b"two\nlines", "")


def test_a_fresh_start_looks_at_nothing(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"page": ("", b"1")})
    with Kept(file, is_fresh=True) as kept:
        assert kept.get("page", "") is None


def test_a_fresh_start_leaves_what_it_does_not_make_to_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"page": ("", b"1"), "other": ("", b"2")})
    with Kept(file, is_fresh=True) as kept:
        assert not kept.has("other", "")
        kept.put("page", b"3", "")
    with Kept(file) as kept:
        assert (kept.get("page", ""), kept.get("other", "")) == (b"3", b"2")


def test_what_is_kept_for_others_stays_when_the_run_was_complete(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"stays": ("", b"1"), "goes": ("", b"2")})
    with Kept(file) as kept:
        kept.keep("stays")
        kept.keep("unknown")
        kept.forget_the_rest()
    with Kept(file) as kept:
        assert kept.get("stays", "") == b"1"
        assert not kept.has("goes", "")


def test_nothing_is_written_when_nothing_changed(tmp_path: Path) -> None:
    file = tmp_path / "b.kept"
    keep(file, {"page": ("", b"1")})
    inode = file.stat().st_ino
    with Kept(file) as kept:
        kept.get("page", "")
        kept.forget_the_rest()
    assert file.stat().st_ino == inode


def test_where_nothing_can_be_written_everything_works_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with Kept(blocked / "b.kept") as kept:
        kept.put("page", b"1", "")
        kept.put("page", b"1", "")
        assert kept.get("page", "") is None
    with Kept(None) as kept:
        kept.put("page", b"1", "")
        assert kept.get("page", "") is None


def test_a_file_that_another_machine_takes_away_is_as_if_nothing_were_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: int) -> bytes:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    keep(tmp_path / "b.kept", {"page": ("a", b"1")})
    monkeypatch.setattr(os, "pread", stale)
    with Kept(tmp_path / "b.kept") as kept:
        assert kept.get("page", "a") is None
        kept.put("page", b"2", "b")
    monkeypatch.undo()
    with Kept(tmp_path / "b.kept") as kept:
        assert kept.get("page", "b") == b"2"


def test_what_was_not_used_for_a_month_goes(tmp_path: Path) -> None:
    old, killed, used = tmp_path / "old.kept", tmp_path / ".kept-killed", tmp_path / "used.kept"
    for file, days in ((old, 31), (killed, 2), (used, 29)):
        file.write_bytes(b"")
        os.utime(file, (time.time() - days * 86_400,) * 2)
    keep(tmp_path / "new.kept", {"page": ("", b"1")})
    assert {path.name for path in tmp_path.iterdir()} == {"used.kept", "new.kept"}


def test_each_workspace_has_a_file_of_its_own(tmp_path: Path) -> None:
    assert kept_file(tmp_path, Path("/one")) != kept_file(tmp_path, Path("/other"))


@given(results, results)
def test_what_was_put_last_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, tuple[str, bytes]],
    second: dict[str, tuple[str, bytes]],
) -> None:
    file = tmp_path_factory.mktemp("kept") / "b.kept"
    keep(file, first)
    keep(file, second)
    with Kept(file) as kept:
        for name, (source, result) in (first | second).items():
            assert kept.get(name, source) == result


@given(results.filter(bool), st.data())
def test_a_damaged_file_gives_a_true_result_or_none(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, tuple[str, bytes]], data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("kept") / "b.kept"
    keep(file, values)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=3))
        if not content:
            break
    file.write_bytes(content)
    with Kept(file) as kept:
        for name, (source, result) in values.items():
            assert kept.get(name, source) in {None, result}
    keep(file, values)
    with Kept(file) as kept:
        assert all(kept.get(name, source) == result for name, (source, result) in values.items())


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_parts_that_are_cut_otherwise_have_another_digest(one: list[str], other: list[str]) -> None:
    assert (digest(*one) == digest(*other)) == (one == other)
