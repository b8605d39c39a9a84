"""The history of versions, as a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.registry.history import NO_HISTORY, Dates, History, HistoryError, Release

DAYS = st.dates().map(lambda day: day.isoformat())
VERSIONS = st.tuples(*[st.integers(0, 30)] * 3).map(lambda parts: ".".join(map(str, parts)))
HISTORIES = st.dictionaries(st.text(max_size=8), st.dictionaries(VERSIONS, DAYS, min_size=1), max_size=5)


TOLD = st.dictionaries(
    st.text(max_size=8),
    st.dictionaries(VERSIONS, st.lists(st.text(max_size=20), max_size=3), min_size=1),
    max_size=5,
)


@given(HISTORIES, TOLD)
def test_a_history_is_read_as_it_was_written(
    versions: dict[str, dict[str, str]], told: dict[str, dict[str, list[str]]]
) -> None:
    history = History(versions, told)
    assert History.parse(history.as_text()) == history
    assert History.parse(history.as_text()).as_text() == history.as_text()


def test_a_first_version_is_added_and_updated_on_the_same_day() -> None:
    history = NO_HISTORY.having({"notes": "1.0.0"}, {"notes": "2026-01-02"})
    assert history.dates("notes") == Dates("2026-01-02", "2026-01-02")
    assert history.dates("other") == Dates()


def test_a_version_that_rises_is_an_update() -> None:
    history = NO_HISTORY.having({"notes": "1.9.0"}, {"notes": "2026-01-02"})
    risen = history.having({"notes": "1.10.0"}, {"notes": "2026-03-04"})
    assert risen.dates("notes") == Dates("2026-01-02", "2026-03-04")
    assert risen.lacks({"notes": "1.10.0"}) == frozenset()


@pytest.mark.parametrize("version", ["1.9.0", "1.8.7", "1.9.0-rc.1", "1.9.0+build"])
def test_a_version_that_does_not_rise_changes_nothing(version: str) -> None:
    history = NO_HISTORY.having({"notes": "1.9.0"}, {"notes": "2026-01-02"})
    assert history.lacks({"notes": version}) == frozenset()
    assert history.having({"notes": version}, {"notes": "2026-03-04"}) == history


def test_what_differs_stands_beside_the_version_that_rose() -> None:
    history = NO_HISTORY.having({"notes": "1.9.0"}, {"notes": "2026-01-02"})
    days, told = {"notes": "2026-03-04"}, {"notes": ["port web 80 is new"], "maps": ["not asked for"]}
    risen = history.having({"notes": "1.10.0"}, days, told)
    assert risen.releases("notes") == (
        Release("1.10.0", "2026-03-04", ("port web 80 is new",)),
        Release("1.9.0", "2026-01-02"),
    )
    assert risen.releases("maps") == ()
    assert "maps" not in risen.changes
    assert "changes" not in history.as_text()


def test_what_left_the_workspace_is_not_new_when_it_comes_back() -> None:
    history = NO_HISTORY.having({"notes": "1.0.0"}, {"notes": "2026-01-02"})
    without = history.having({"maps": "1.0.0"}, {"maps": "2026-03-04"})
    assert without.lacks({"notes": "1.0.0", "maps": "1.0.0"}) == frozenset()


def test_names_and_versions_stand_in_order() -> None:
    text = History(
        {"b": {"1.10.0": "2026-01-02", "1.9.0": "2026-01-01"}, "a": {"1.0.0": "2026-01-01"}}
    ).as_text()
    assert text.index('"a"') < text.index('"b"')
    assert text.index('"1.9.0"') < text.index('"1.10.0"')
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("{" * 100_000, "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "no object 'extensions'"),
        ('{"extensions": []}', "no object 'extensions'"),
        ('{"extensions": {"a": []}}', "what it says of 'a' is no object"),
        ('{"extensions": {"a": {"one": "2026-01-01"}}}', "'one' is not a semantic version"),
        ('{"extensions": {"a": {"1.0.0": "2026-02-30"}}}', "not a day"),
        ('{"extensions": {"a": {"1.0.0": "20260101"}}}', "not a day"),
        ('{"extensions": {"a": {"1.0.0": 20260101}}}', "not a day"),
        ('{"extensions": {}, "changes": []}', "its 'changes' are no object"),
        ('{"extensions": {}, "changes": {"a": []}}', "the changes of 'a' is no object"),
        ('{"extensions": {}, "changes": {"a": {"one": []}}}', "'one' is not a semantic version"),
        ('{"extensions": {}, "changes": {"a": {"1.0.0": "x"}}}', "no list of sentences"),
        ('{"extensions": {}, "changes": {"a": {"1.0.0": [1]}}}', "no list of sentences"),
        ('<<<<<<< HEAD\n{"extensions": {}}', "it is not JSON"),
    ],
)
def test_what_is_no_history_is_refused_with_the_place(text: str, why: str) -> None:
    with pytest.raises(HistoryError, match=why):
        History.parse(text)
