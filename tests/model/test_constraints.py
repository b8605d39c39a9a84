"""Version ranges are exact sets of intervals: they hold everywhere, not only at samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.constraint import Relation, VersionRange
from catalog.model.version import Version, parse_version

SMALL = st.builds(
    "{}.{}.{}{}".format, *[st.integers(0, 3)] * 3, st.sampled_from(["", "-a", "-a.1", "-1", "-b"])
)
CLAUSE = st.builds("{}{}".format, st.sampled_from([">=", "<=", ">", "<", "==", "!=", "~="]), SMALL)
RANGES = st.lists(CLAUSE, min_size=1, max_size=3).map(",".join)
VERSIONS = SMALL.map(parse_version)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("*", "0.0.0-a", None),
        (">=1.2.0", "1.2.0", "1.2.0-rc.1"),
        (">1.2.0", "1.2.1-a", "1.2.0"),
        ("<=1.2.0", "1.2.0", "1.2.1-a"),
        ("<1.5.0", "1.4.9", "1.5.0-rc.1"),
        ("<1.5.0-rc.2", "1.5.0-rc.1", "1.5.0-rc.2"),
        ("==1.2.3", "1.2.3", "1.2.3-a"),
        ("!=1.2.3", "1.2.3-a", "1.2.3"),
        ("~=1.4.2", "1.4.9", "1.5.0-a"),
        ("~=1.4", "1.9.9", "2.0.0-a"),
        ("==1.0.*", "1.0.0-a", "1.1.0-a"),
        ("!=1.0.*", "1.1.0", "1.0.7"),
        (">=0.8", "0.8.0", "0.8.0-a"),
        (">= 1.0.0 , < 2.0.0", "1.5.0", "2.0.0"),
    ],
)
def test_a_range_contains_what_pep_440_says(text: str, inside: str, outside: str | None) -> None:
    allowed = VersionRange.parse(text)
    assert parse_version(inside) in allowed
    if outside is not None:
        assert parse_version(outside) not in allowed


@pytest.mark.parametrize(
    "text", ["", "^1.0", "1.0.0", ">=v1", ">=1.0.0,", "~=1", ">=1.0.*", "latest", ">=1.0.0.0"]
)
def test_what_is_no_specifier_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"needs|comparison|goes with"):
        VersionRange.parse(text)


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        (">=3.0.0", ">=4.0.0", Relation.SUPERSET),
        (">=4.0.0", ">=3.0.0", Relation.SUBSET),
        (">=0.8.0,<0.8.15", ">=0.8.12", Relation.PARTIAL),
        (">=1.0.0,<2.0.0", "==1.*", Relation.SUBSET),
        (">=1.0.0,<2.0.0", ">=2.0.0", Relation.DISJOINT),
        ("~=1.4", ">=1.4,<2", Relation.SAME),
        ("*", ">=0.0.0", Relation.SUPERSET),
        ("==40.0.0", "*", Relation.SUBSET),
        (">=2,<1", ">=3,<2", Relation.SAME),
    ],
)
def test_relations_are_decided_exactly(left: str, right: str, relation: Relation) -> None:
    assert VersionRange.parse(left).relation_to(VersionRange.parse(right)) is relation


@given(RANGES, RANGES, VERSIONS)
def test_a_list_allows_what_each_of_its_parts_allows(left: str, right: str, version: Version) -> None:
    both = VersionRange.parse(f"{left},{right}")
    assert (version in both) == (version in VersionRange.parse(left) and version in VersionRange.parse(right))


@given(RANGES, RANGES, VERSIONS)
def test_relations_agree_with_containment(left: str, right: str, version: Version) -> None:
    one, other = VersionRange.parse(left), VersionRange.parse(right)
    relation = one.relation_to(other)
    if relation is Relation.SAME:
        assert (version in one) == (version in other)
    if relation is Relation.SUPERSET:
        assert version in one or version not in other
    if relation is Relation.SUBSET:
        assert version in other or version not in one
    if relation is Relation.DISJOINT:
        assert not (version in one and version in other)
