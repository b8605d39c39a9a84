"""Merging a workspace into a published catalog: nothing is lost, narrowed, changed or taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.errors import IntegrityError
from catalog.model.names import Kind
from catalog.registry.merge import MergePlan, merge, without
from catalog.registry.merge_rules import Deed
from catalog.registry.published import Published
from catalog.registry.registry import Entry
from tests.support.published import catalog, entry, tool


def plan(there: Published, *mine: Entry, by_range: bool = False, forced: tuple[str, ...] = ()) -> MergePlan:
    return merge(there, mine, by_range=by_range, forced=frozenset(forced))


def ranged(version: str, constraint: Any, **fields: Any) -> Entry:
    return entry("notes", version, kamiwaza_version=constraint, **fields)


def versions(found: Published) -> list[str]:
    return [one.data["version"] for one in (*found.apps, *found.tools)]


def deed(there: Entry, mine: Entry, *, by_range: bool = True) -> tuple[Deed, str]:
    step = plan(catalog(there), mine, by_range=by_range).steps[0]
    return step.deed, step.reason


def test_what_is_not_in_the_workspace_stays_as_it_is_and_where_it_is() -> None:
    there = catalog(entry("b"), entry("a"), tool("tool-x"))
    found = plan(there, entry("new")).result
    assert [one.name for one in found.apps] == ["b", "a", "new"]
    assert found.tools == there.tools


def test_a_newer_version_takes_the_place_of_the_older_one() -> None:
    found = plan(catalog(entry("a"), entry("b"), entry("c")), entry("b", "1.1.0"))
    assert [(one.name, one.data["version"]) for one in found.result.apps] == [
        ("a", "1.0.0"),
        ("b", "1.1.0"),
        ("c", "1.0.0"),
    ]
    assert found.steps[0].replaced == ("1.0.0",)


def test_an_entry_that_says_the_same_is_unchanged_in_whatever_order_its_fields_stand() -> None:
    there = entry("a", tags=["x"], risk_tier=0)
    mine = Entry("a", Kind.APP, dict(reversed(list(there.data.items()))))
    found = plan(catalog(there), mine)
    assert found.steps[0].deed is Deed.UNCHANGED
    assert (found.written, found.result) == ((), catalog(there))


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_json_values_that_python_takes_for_equal_are_a_change(value: object) -> None:
    assert deed(entry("a", risk_tier=1), entry("a", risk_tier=value), by_range=False)[0] is Deed.CONFLICT


def test_other_content_under_a_published_version_blocks_the_whole_release() -> None:
    there = catalog(entry("a"), entry("b"))
    found = plan(there, entry("a", description="changed"), entry("b", "2.0.0"), entry("c"))
    assert [step.deed for step in found.steps] == [Deed.CONFLICT, Deed.REPLACE, Deed.INSERT]
    assert found.result == there
    assert found.written == ()
    assert "a version never changes" in found.conflicts[0].reason


def test_an_older_version_never_replaces_a_newer_one() -> None:
    there, mine = entry("a", "2.0.0"), entry("a", "1.9.9")
    assert deed(there, mine, by_range=False) == (
        Deed.CONFLICT,
        "version 2.0.0 is published, which is newer",
    )


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0.0-alpha", "1.0.0-alpha.1"),
        ("1.0.0-alpha.1", "1.0.0-alpha.beta"),
        ("1.0.0-1", "1.0.0"),
        ("1.0.0-rc.2", "1.0.0-rc.10"),
        ("9.0.0", "10.0.0"),
    ],
)
def test_versions_are_ordered_as_semantic_versions_and_not_as_python_packages(older: str, newer: str) -> None:
    assert deed(entry("a", older), entry("a", newer), by_range=False)[0] is Deed.REPLACE
    assert deed(entry("a", newer), entry("a", older), by_range=False)[0] is Deed.CONFLICT


def test_builds_of_one_version_are_one_version() -> None:
    assert deed(entry("a", "1.0.0+one"), entry("a", "1.0.0+two"), by_range=False)[0] is Deed.CONFLICT


@pytest.mark.parametrize("version", ["latest", "v1.0.0", "", 3, None])
def test_a_published_version_that_is_none_is_replaced_by_force_only(version: Any) -> None:
    there = catalog(entry("a", version))
    assert "nobody knows which one is newer" in plan(there, entry("a")).conflicts[0].reason
    assert versions(plan(there, entry("a"), forced=("a",)).result) == ["1.0.0"]


def test_doubles_that_another_tool_left_are_all_replaced_by_what_is_newer_than_each() -> None:
    there = catalog(entry("a", "1.0.0"), entry("b"), entry("a", "1.5.0"), tool("a", "1.2.0"))
    found = plan(there, entry("a", "1.6.0"))
    assert found.steps[0].replaced == ("1.0.0", "1.5.0", "1.2.0")
    assert [one.name for one in found.result.apps] == ["a", "b"]
    assert found.result.tools == ()
    assert plan(there, entry("a", "1.4.0")).conflicts


def test_an_exact_double_is_made_one() -> None:
    found = plan(catalog(entry("a"), entry("a")), entry("a"))
    assert found.steps[0].deed is Deed.REPLACE
    assert versions(found.result) == ["1.0.0"]


def test_a_newer_version_of_another_type_moves_to_the_other_file() -> None:
    found = plan(catalog(entry("a"), entry("b")), tool("a", "2.0.0"))
    assert found.steps[0].moves
    assert [one.name for one in found.result.apps] == ["b"]
    assert [one.name for one in found.result.tools] == ["a"]


def test_another_type_under_a_published_version_is_a_change() -> None:
    assert plan(catalog(entry("a")), tool("a")).conflicts


def test_an_entry_that_stands_in_the_wrong_file_stays_there_until_it_is_replaced() -> None:
    stray = entry("a")
    there = Published(tools=(stray,))
    assert plan(there, entry("b")).result.tools == (stray,)
    assert plan(there, entry("a")).conflicts
    assert plan(there, entry("a", "1.1.0")).result == catalog(entry("a", "1.1.0"))


@pytest.mark.parametrize(
    ("there", "mine", "expected"),
    [
        (">=3.0.0", ">=4.0.0", "narrow"),
        (">=0.8.0,<0.8.15", ">=0.8.12", "in part"),
        (">=29.0.0", ">=30.0.0,<31", "narrow"),
        (">=1,<2.5", ">=2,<3", "in part"),
    ],
)
def test_ranges_are_compared_as_intervals_and_not_by_sample_versions(
    there: str, mine: str, expected: str
) -> None:
    outcome, reason = deed(ranged("1.0.0", there), ranged("2.0.0", mine))
    assert outcome is Deed.CONFLICT
    assert expected in reason


def test_disjoint_ranges_stand_beside_each_other() -> None:
    found = plan(catalog(ranged("2.0.0", ">=2")), ranged("1.0.1", "<2"), by_range=True)
    assert found.steps[0].deed is Deed.INSERT
    assert versions(found.result) == ["2.0.0", "1.0.1"]


def test_the_same_range_in_other_words_follows_the_versions() -> None:
    there = ranged("1.0.0", ">=1.0,<2.0")
    assert deed(there, ranged("1.1.0", "<2, >=1"))[0] is Deed.REPLACE
    assert deed(there, ranged("0.9.0", "<2, >=1"))[0] is Deed.CONFLICT


def test_a_wider_range_replaces_all_that_it_covers_if_it_is_newer_than_each() -> None:
    there = catalog(ranged("1.0.0", ">=1,<2"), ranged("2.0.0", ">=2,<3"), ranged("3.0.0", ">=3"))
    found = plan(there, ranged("2.1.0", ">=1,<3"), by_range=True)
    assert found.steps[0].replaced == ("1.0.0", "2.0.0")
    assert versions(found.result) == ["2.1.0", "3.0.0"]


def test_a_downgrade_never_hides_behind_a_wider_range() -> None:
    outcome, reason = deed(ranged("2.0.0", ">=1,<2"), ranged("1.0.0", "*"))
    assert (outcome, reason) == (Deed.CONFLICT, "version 2.0.0 is published, which is newer")
    assert deed(ranged("2.0.0", ">=1,<2"), ranged("2.0.0", "*"))[0] is Deed.CONFLICT


def test_an_entry_without_a_range_never_replaces_those_that_have_one() -> None:
    outcome, reason = deed(ranged("1.0.0", ">=1"), entry("notes", "2.0.0"))
    assert outcome is Deed.CONFLICT
    assert "it has no kamiwaza_version" in reason


def test_an_entry_with_a_range_never_replaces_one_without() -> None:
    outcome, reason = deed(entry("notes"), ranged("2.0.0", ">=1"))
    assert outcome is Deed.CONFLICT
    assert "the published entry has no kamiwaza_version" in reason


def test_entries_without_ranges_follow_the_versions_in_later_generations_too() -> None:
    assert deed(entry("notes"), entry("notes", "1.1.0"))[0] is Deed.REPLACE
    assert deed(entry("notes", kamiwaza_version=None), entry("notes", "1.1.0"))[0] is Deed.REPLACE


@pytest.mark.parametrize("constraint", ["^1.0", ">2,<1", 5, ["*"]])
def test_a_published_range_that_is_none_blocks_until_it_is_forced(constraint: Any) -> None:
    there = catalog(ranged("1.0.0", constraint))
    assert plan(there, ranged("2.0.0", "*"), by_range=True).conflicts
    found = plan(there, ranged("2.0.0", "*"), by_range=True, forced=("notes",))
    assert versions(found.result) == ["2.0.0"]


def test_the_first_generation_takes_no_notice_of_ranges() -> None:
    assert deed(ranged("1.0.0", "^nonsense"), entry("notes", "1.1.0"), by_range=False)[0] is Deed.REPLACE


def test_force_replaces_what_overlaps_and_only_under_that_name() -> None:
    there = catalog(ranged("5.0.0", ">=1,<3"), ranged("6.0.0", ">=9"), entry("b", "2.0.0"))
    mine = ranged("1.0.0", ">=2,<4")
    assert versions(plan(there, mine, by_range=True, forced=("notes",)).result) == ["1.0.0", "6.0.0", "2.0.0"]
    assert plan(there, mine, entry("b"), by_range=True, forced=("notes",)).conflicts[0].name == "b"


def test_force_leaves_alone_what_says_the_same() -> None:
    assert plan(catalog(entry("a")), entry("a"), forced=("a",)).steps[0].deed is Deed.UNCHANGED


def test_removing_a_name_takes_it_out_of_both_files() -> None:
    there = catalog(entry("a"), tool("a"), entry("b"))
    assert without(there, frozenset({"a"})) == catalog(entry("b"))


def test_a_catalog_reads_back_what_it_wrote() -> None:
    there = catalog(entry("ä", description="naïve"), tool("t"))
    assert Published.read(there.apps_json(), there.tools_json(), "here") == there
    assert Published.read(None, None, "here") == Published()


def test_half_a_surrogate_pair_of_another_tool_is_handed_on() -> None:
    content = b'[{"name": "a", "version": "\\ud800"}]'
    found = Published.read(content, None, "there")
    assert json.loads(found.apps_json()) == json.loads(content)


@pytest.mark.parametrize(
    "content", [b"", b"[", b'{"entries": []}', b"[1]", b'[{"name": ""}]', b"\xff\xfe[\x00"]
)
def test_what_is_no_catalog_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError, match="is no catalog"):
        Published.read(content, None, "there")
    with pytest.raises(IntegrityError, match=r"there: tools\.json"):
        Published.read(None, content, "there")
