"""Ranges of versions (`kamiwaza_version`, `kz_ext_version`) as sets of intervals.

Peers compare two ranges by probing sample versions and get it wrong outside the probed window. Here a
range is a sorted list of disjoint intervals between *cuts*, so that equal, wider, narrower and disjoint are
decided exactly. The grammar is PEP 440's specifier list over semantic versions, and `*` for any version.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from semver import Version

# (major, minor, patch, pre-release key, side). A cut lies just before (side 0) or after (side 1) a version.
Cut = tuple[Any, ...]
Interval = tuple[Cut, Cut]

_FIRST_PRERELEASE = (-1,)
_RELEASE = (1,)
_START: Cut = (-1,)
_END: Cut = (float("inf"),)
_CLAUSE = re.compile(
    r"(?P<op>>=|<=|==|~=|!=|>|<)\s*"
    r"(?P<release>(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){0,2})"
    r"(?P<wildcard>\.\*)?"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
)


class Relation(StrEnum):
    """How one range lies to another."""

    SAME = "same"
    SUPERSET = "superset"
    SUBSET = "subset"
    DISJOINT = "disjoint"
    PARTIAL = "partial"


class VersionRange(Struct, frozen=True):
    """A set of versions: disjoint half-open intervals between cuts, in rising order."""

    intervals: tuple[Interval, ...]

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """The range that a specifier list spells, such as `>=1.2, <2`.

        Raises:
            ValueError: a clause is none of the operators with a version; the message names the clause.
        """
        allowed: tuple[Interval, ...] = ((_START, _END),)
        if text.strip() == "*":
            return cls(allowed)
        for clause in text.split(","):
            allowed = _intersection(allowed, _clause_intervals(clause.strip()))
        return cls(allowed)

    def __contains__(self, version: Version) -> bool:
        """Whether `version` lies in the range."""
        cut = _cut((version.major, version.minor, version.patch), _prerelease_key(version.prerelease), 0)
        return any(low <= cut < high for low, high in self.intervals)

    def relation_to(self, other: VersionRange) -> Relation:
        """How this range lies to `other`; an empty range is disjoint from all but the empty one."""
        if self.intervals == other.intervals:
            return Relation.SAME
        common = _intersection(self.intervals, other.intervals)
        if not common:
            return Relation.DISJOINT
        if common == other.intervals:
            return Relation.SUPERSET
        return Relation.SUBSET if common == self.intervals else Relation.PARTIAL


def _prerelease_key(prerelease: str | None) -> tuple[Any, ...]:
    """A key that orders pre-releases as semver.org item 11 does, before the release itself."""
    if prerelease is None:
        return _RELEASE
    identifiers = ((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in prerelease.split("."))
    return (0, *identifiers)


def _cut(release: tuple[int, ...], prerelease: tuple[Any, ...], side: int) -> Cut:
    padded = (*release, 0, 0)[:3]
    return (*padded, prerelease, side)


def _before_prereleases(release: tuple[int, ...]) -> Cut:
    return _cut(release, _FIRST_PRERELEASE, 0)


def _series(release: tuple[int, ...]) -> Interval:
    """All versions that begin with `release`, pre-releases of the first included (PEP 440 `==1.4.*`)."""
    following = (*release[:-1], release[-1] + 1)
    return _before_prereleases(release), _before_prereleases(following)


def _clause_intervals(clause: str) -> tuple[Interval, ...]:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        raise ValueError(f"{clause!r} is not a comparison such as >=1.2.0")
    release = tuple(int(part) for part in match["release"].split("."))
    operator = match["op"]
    if match["wildcard"]:
        return _wildcard(clause, operator, release)
    if operator == "~=" and len(release) == 1:
        raise ValueError(f"{clause!r} needs at least two numbers, such as ~=1.4")
    key = _prerelease_key(match["pre"])
    return _OPERATORS[operator](release, key)


def _wildcard(clause: str, operator: str, release: tuple[int, ...]) -> tuple[Interval, ...]:
    low, high = _series(release)
    if operator == "==":
        return ((low, high),)
    if operator == "!=":
        return (_START, low), (high, _END)
    raise ValueError(f"{clause!r}: a version with .* goes with == and != only")


def _less(release: tuple[int, ...], key: tuple[Any, ...]) -> tuple[Interval, ...]:
    # PEP 440: `<1.5` leaves out the pre-releases of 1.5 as well
    high = _before_prereleases(release) if key == _RELEASE else _cut(release, key, 0)
    return ((_START, high),)


def _exclude(release: tuple[int, ...], key: tuple[Any, ...]) -> tuple[Interval, ...]:
    return (_START, _cut(release, key, 0)), (_cut(release, key, 1), _END)


def _compatible(release: tuple[int, ...], key: tuple[Any, ...]) -> tuple[Interval, ...]:
    return ((_cut(release, key, 0), _series(release[:-1])[1]),)


_OPERATORS: dict[str, Callable[[tuple[int, ...], tuple[Any, ...]], tuple[Interval, ...]]] = {
    ">=": lambda release, key: ((_cut(release, key, 0), _END),),
    ">": lambda release, key: ((_cut(release, key, 1), _END),),
    "<=": lambda release, key: ((_START, _cut(release, key, 1)),),
    "<": _less,
    "==": lambda release, key: ((_cut(release, key, 0), _cut(release, key, 1)),),
    "!=": _exclude,
    "~=": _compatible,
}


def _intersection(left: Iterable[Interval], right: tuple[Interval, ...]) -> tuple[Interval, ...]:
    overlaps = (
        (max(low, other_low), min(high, other_high)) for low, high in left for other_low, other_high in right
    )
    return tuple(sorted(interval for interval in overlaps if interval[0] < interval[1]))
