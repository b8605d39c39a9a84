"""Versions are strict semantic versions, ordered as semver.org orders them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.version import Level, bumped, parse_version

IN_ORDER = (
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.10.0",
    "2.0.0",
)


@pytest.mark.parametrize(
    "text", ["v1.0.0", "1.0", "01.0.0", "1.0.0-01", "1.0.0\n", " 1.0.0", "", "1.0.0-", "१.0.0"]
)
def test_what_is_no_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        parse_version(text)


def test_versions_are_ordered_as_semver_org_says() -> None:
    assert sorted(set(IN_ORDER), key=parse_version) == list(IN_ORDER)


@given(st.tuples(*[st.integers(0, 10**6)] * 3))
def test_a_version_spells_itself(numbers: tuple[int, int, int]) -> None:
    text = ".".join(map(str, numbers))
    assert str(parse_version(text)) == text


@pytest.mark.parametrize(
    ("level", "after"), [(Level.PATCH, "1.2.4"), (Level.MINOR, "1.3.0"), (Level.MAJOR, "2.0.0")]
)
def test_a_bump_raises_one_part_and_resets_the_lower_ones(level: Level, after: str) -> None:
    assert str(bumped(parse_version("1.2.3"), level)) == after


def test_a_bump_of_a_prerelease_makes_it_a_release() -> None:
    assert str(bumped(parse_version("1.2.3-rc.1"), Level.PATCH)) == "1.2.3"
