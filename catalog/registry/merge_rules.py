"""Decides what becomes of one entry that is to be published, beside those of its name that are there.

The first generation of the catalog has one entry of a name, and a version that is there never changes. Later
ones keep one entry for each range of platform versions (`kamiwaza_version`); how two ranges lie is decided by
interval algebra. Nothing replaces what is newer, however wide its range is.
"""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.model.constraint import Relation, VersionRange
from catalog.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.registry.published import Placed

RANGE_FIELD = "kamiwaza_version"


class Deed(StrEnum):
    """What is done with an entry."""

    INSERT = "insert"
    REPLACE = "replace"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"


class Verdict(Struct, frozen=True):
    """What is done, which entries go away for it, and why (empty where that is plain)."""

    deed: Deed
    gone: tuple[Placed, ...] = ()
    reason: str = ""


def decide(mine: Placed, there: Sequence[Placed], *, by_range: bool, is_forced: bool) -> Verdict:
    """What becomes of the entry `mine` where `there` has the entries of its name.

    Args:
        mine: the entry to publish.
        there: what is published under its name, in either file.
        by_range: whether the generation keeps an entry for each range of platform versions.
        is_forced: replace what overlaps, whatever its version.
    """
    try:
        relations = [_relation(mine, other) if by_range else Relation.SAME for other in there]
    except ValueError as error:
        return Verdict(Deed.REPLACE, tuple(there)) if is_forced else Verdict(Deed.CONFLICT, (), str(error))
    overlapping = tuple(
        other for other, relation in zip(there, relations, strict=True) if relation is not Relation.DISJOINT
    )
    if not overlapping:
        return Verdict(Deed.INSERT)
    if len(overlapping) == 1 and _is_same(mine, overlapping[0]):
        return Verdict(Deed.UNCHANGED)
    reason = "" if is_forced else _why_not(mine, overlapping, relations)
    return Verdict(Deed.CONFLICT, (), reason) if reason else Verdict(Deed.REPLACE, overlapping)


def version_of(data: Mapping[str, Any]) -> str:
    """The version that an entry says, as text; empty if it says none."""
    return _said(data.get("version"))


def range_of(data: Mapping[str, Any]) -> str:
    """The range of platform versions that an entry says, as text; empty if it says none."""
    return _said(data.get(RANGE_FIELD))


def _said(value: Any) -> str:
    """What a field says; what is no text, which other tools have written, as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _why_not(mine: Placed, overlapping: Sequence[Placed], relations: Sequence[Relation]) -> str:
    """Why `mine` must not take the place of the others; empty if it may."""
    if Relation.PARTIAL in relations:
        return "its range of platform versions overlaps a published one in part"
    if Relation.SUBSET in relations:
        return "it would narrow the published range of platform versions"
    others = (_older_than(mine, other) for other in overlapping if not _is_same(mine, other))
    return next((reason for reason in others if reason), "")


def _older_than(mine: Placed, other: Placed) -> str:
    """Why `other` is not older than `mine`; empty if it is. The order is that of semver.org, item 11."""
    versions = version_of(mine.entry.data), version_of(other.entry.data)
    try:
        new, old = (parse_version(version) for version in versions)
    except ValueError as error:
        return f"{error}, so nobody knows which one is newer"
    order = new.compare(old)
    if order > 0:
        return ""
    if order < 0:
        return f"version {versions[1]} is published, which is newer"
    return f"version {versions[1]} is published with other content, and a version never changes"


def _relation(mine: Placed, other: Placed) -> Relation:
    """How the platform versions of two entries lie to each other.

    Raises:
        ValueError: one has no range and the other has, or a range cannot be read or allows nothing.
    """
    ranges = [_range(placed.entry.data) for placed in (mine, other)]
    if ranges[0] is None and ranges[1] is None:
        return Relation.SAME
    if ranges[0] is None or ranges[1] is None:
        who = "it" if ranges[0] is None else "the published entry"
        raise ValueError(f"{who} has no {RANGE_FIELD}, and the other one has")
    return ranges[0].relation_to(ranges[1])


def _range(data: Mapping[str, Any]) -> VersionRange | None:
    text = data.get(RANGE_FIELD)
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"{RANGE_FIELD} {text!r} is no text")  # noqa: TRY004  # a value, not a type, is wrong
    return _parsed(text)


@cache
def _parsed(text: str) -> VersionRange:
    found = VersionRange.parse(text)
    if not found.intervals:
        raise ValueError(f"{RANGE_FIELD} {text!r} allows no version at all")
    return found


def _is_same(mine: Placed, other: Placed) -> bool:
    """Whether both stand in one file and say the same, in whatever order their fields stand."""
    return mine.is_tool == other.is_tool and _canonical(mine) == _canonical(other)


def _canonical(placed: Placed) -> str:
    return json.dumps(dict(placed.entry.data), sort_keys=True)  # unlike ==, JSON tells 1, 1.0 and true apart
