from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.names import Kind
from catalog.registry.difference import Change, Outcome, Topic, differences
from catalog.registry.registry import Entry, Registry
from catalog.registry.release_note import release_note

COMPOSE = """\
services:
  web:
    image: acme/web:1
    ports: ["8000"]
    expose: ["9000"]
    volumes: ["data:/data"]
"""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        *("version", "risk_tier", "docker_images", "image", "extra_docker_images", "compose_yml"),
        *("env_defaults", "required_env_vars", "description", "tags"),
    ]
)
ENTRIES = st.dictionaries(st.sampled_from("abc"), st.dictionaries(FIELDS, VALUES, max_size=5), max_size=3)


def registry(entries: dict[str, dict[str, Any]]) -> Registry:
    return Registry.of(Entry(name, Kind.APP, {"name": name, **data}) for name, data in entries.items())


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, str | None, str | None]]:
    (found,) = differences(registry({"notes": old}), registry({"notes": new}))
    return [(change.topic.value, change.name, change.old, change.new) for change in found.changes]


@given(ENTRIES)
def test_nothing_differs_from_itself(entries: dict[str, dict[str, Any]]) -> None:
    assert differences(registry(entries), registry(entries)) == ()


@given(ENTRIES, ENTRIES)
def test_the_way_back_is_the_same_way(old: dict[str, Any], new: dict[str, Any]) -> None:
    there = differences(registry(old), registry(new))
    back = differences(registry(new), registry(old))
    assert [(one.name, one.old_version, one.new_version) for one in there] == [
        (one.name, one.new_version, one.old_version) for one in back
    ]
    for ours, theirs in zip(there, back, strict=True):
        turned = [Change(change.topic, change.name, change.new, change.old) for change in theirs.changes]
        assert list(ours.changes) == turned


@given(ENTRIES, ENTRIES)
def test_every_entry_that_differs_is_named_and_no_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    names = {one.name for one in differences(registry(old), registry(new))}
    for name in {*old, *new} - names:
        assert old[name] == new[name]
    assert set(names) <= {*old, *new}


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("1.0.0", "1.0.1", Outcome.UPGRADED),
        ("1.10.0", "1.9.0", Outcome.DOWNGRADED),
        ("1.0.0-rc.1", "1.0.0", Outcome.UPGRADED),
        ("1.0.0", "one", Outcome.CHANGED),
    ],
)
def test_an_upgrade_is_told_from_a_downgrade(old: str, new: str, outcome: Outcome) -> None:
    (found,) = differences(registry({"a": {"version": old}}), registry({"a": {"version": new}}))
    assert (found.outcome, found.old_version, found.new_version) == (outcome, old, new)


def test_entries_that_come_and_go_are_told() -> None:
    found = differences(registry({"a": {"version": "1.0.0"}}), registry({"b": {}}))
    assert [(one.name, one.outcome, one.old_version, one.new_version) for one in found] == [
        ("a", Outcome.REMOVED, "1.0.0", None),
        ("b", Outcome.ADDED, None, ""),
    ]


def several(*entries: tuple[str, str]) -> Registry:
    return Registry.of(
        Entry("a", Kind.APP, {"version": version, "kamiwaza_version": platform})
        for version, platform in entries
    )


def told(old: Registry, new: Registry, *left_out: str) -> list[tuple[str, str]]:
    return [(one.outcome.value, one.what) for one in differences(old, new, frozenset(left_out))]


def test_of_several_entries_of_a_name_each_is_held_against_that_for_the_same_platforms() -> None:
    old, new = several(("1.0.0", "<2"), ("2.0.0", ">=2")), several(("2.1.0", ">=2"), ("1.0.0", "<2"))
    assert told(old, new) == [("upgraded", "app, >=2")]
    assert told(old, several(("2.0.0", ">=2"))) == [("removed", "app, <2")]
    assert told(several(("2.0.0", ">=2")), old) == [("added", "app, <2")]
    assert told(old, several(("1.0.0", "<3"), ("2.0.0", ">=3"))) == [
        ("changed", "app, <3"),
        ("changed", "app, >=3"),
    ]
    assert told(several(("1.0.0", "<2")), several(("2.0.0", ">=2"))) == [("upgraded", "app")]


def test_a_field_that_is_left_out_is_not_compared() -> None:
    old, new = several(("1.0.0", "<2"), ("2.0.0", ">=2")), several(("2.0.0", "*"))
    assert told(old, new, "kamiwaza_version") == [("removed", "app")]


def test_a_change_under_the_same_version_is_a_change() -> None:
    (found,) = differences(
        registry({"a": {"version": "1.0.0"}}), registry({"a": {"version": "1.0.0", "author": "x"}})
    )
    assert found.outcome is Outcome.CHANGED


def test_images_are_matched_by_name_so_that_a_tag_is_a_change_and_not_two() -> None:
    old = {"docker_images": ["acme/web:1", "redis:7"], "image": "acme/web:1"}
    new = {"docker_images": ["acme/web:2", "not an image!"], "extra_docker_images": ["acme/web:1"]}
    assert changes(old, new) == [
        ("image", "acme/web", "1", "1, 2"),
        ("image", "not an image!", None, ""),
        ("image", "redis", "7", None),
    ]


def test_variables_are_told_with_their_default_and_whether_they_must_be_given() -> None:
    old = {"env_defaults": {"A": "1", "B": "2"}}
    new = {"env_defaults": {"A": "1"}, "required_env_vars": ["B"], "risk_tier": 2}
    assert changes(old, new) == [
        ("risk", "risk_tier", "null", "2"),
        ("variable", "B", "2", "(required)"),
    ]


def test_services_ports_and_volumes_are_told_instead_of_a_text() -> None:
    new = COMPOSE.replace("9000", "9001").replace("data:/data", "data:/other") + "  worker: {image: acme/w}\n"
    assert changes({"compose_yml": COMPOSE}, {"compose_yml": new}) == [
        ("service", "worker", None, "there"),
        ("port", "web 9000", "there", None),
        ("port", "web 9001", None, "there"),
        ("volume", "web data:/data", "there", None),
        ("volume", "web data:/other", None, "there"),
    ]


def test_a_compose_file_that_changed_in_nothing_else_is_told_as_such() -> None:
    found = changes({"compose_yml": COMPOSE}, {"compose_yml": f"# why\n{COMPOSE}"})
    assert [(topic, name) for topic, name, _, _ in found] == [("compose", "compose_yml")]


def test_a_compose_file_that_cannot_be_read_is_compared_as_text() -> None:
    found = changes({"compose_yml": "a: ["}, {"compose_yml": "b: ["})
    assert found == [("compose", "compose_yml", "a: [", "b: [")]


def test_a_change_of_kind_is_told() -> None:
    old, new = (Registry((Entry("a", kind, {"name": "a"}),)) for kind in (Kind.APP, Kind.TOOL))
    (found,) = differences(old, new)
    assert found.changes == (Change(Topic.FIELD, "kind", "app", "tool"),)


def test_a_release_note_has_a_heading_for_each_outcome_and_a_line_for_each_change() -> None:
    before: dict[str, dict[str, Any]] = {
        "gone": {"version": "1.0.0"},
        "up": {"version": "1.0.0", "docker_images": ["acme/a:1"], "note": "short", "text": "x" * 200},
    }
    after: dict[str, dict[str, Any]] = {
        "fresh": {"version": "0.1.0"},
        "up": {
            "version": "1.1.0",
            "docker_images": ["acme/a:2", "acme/b:1"],
            "text": "y",
            "env_defaults": {"A": "b"},
            "compose_yml": COMPOSE,
        },
    }
    note = release_note(differences(registry(before), registry(after)))
    assert note.splitlines() == [
        "## New",
        "",
        "- **fresh** (app) 0.1.0",
        "",
        "## Upgraded",
        "",
        "- **up** (app) 1.0.0 → 1.1.0",
        "  - image acme/a: 1 → 2",
        "  - image acme/b is new: 1",
        "  - service web is new",
        "  - port web 8000 is new",
        "  - port web 9000 is new",
        "  - volume web data:/data is new",
        "  - variable A is new: b",
        "  - field note is gone",
        "  - field text has changed",
        "",
        "## Removed",
        "",
        "- **gone** (app) 1.0.0",
    ]
    assert release_note(()) == "Nothing changed.\n"


@given(st.text(alphabet="<>&*_`[]()\\#|~!\n ab", min_size=1, max_size=30))
def test_no_value_is_markup_in_a_release_note(value: str) -> None:
    note = release_note(differences(registry({"a": {"note": "x"}}), registry({"a": {"note": value + "y"}})))
    bare = note
    for char in "<>[*`_#|":
        bare = bare.replace(f"\\{char}", "")
    body = bare.partition("note")[2]
    assert not any(char in body for char in "<>[*`_#|")
