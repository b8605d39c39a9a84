"""Merges the entries of a workspace into a published catalog: two values in, a plan out.

What is not in the workspace stays as it is and where it is. One conflict blocks all, so that a release is
published whole or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.names import Kind  # noqa: TC001  # a result that has steps is checked with it
from catalog.registry.merge_rules import Deed, decide, version_of
from catalog.registry.published import Placed, Published

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from catalog.registry.merge_rules import Verdict
    from catalog.registry.registry import Entry


class Step(Struct, frozen=True):
    """What becomes of one entry: `replaced` has the versions that go away, `reason` why it cannot be."""

    name: str
    kind: Kind
    version: str
    deed: Deed
    replaced: tuple[str, ...] = ()
    reason: str = ""
    moves: bool = False


class MergePlan(Struct, frozen=True):
    """A step for every entry by name, the entries that are new there, and the catalog that comes of it.

    With a conflict among the steps, `result` is the catalog as it was.
    """

    steps: tuple[Step, ...]
    written: tuple[Entry, ...]
    result: Published

    @property
    def conflicts(self) -> tuple[Step, ...]:
        """The steps that block everything."""
        return tuple(step for step in self.steps if step.deed is Deed.CONFLICT)


def merge(
    there: Published, entries: Iterable[Entry], *, by_range: bool, forced: frozenset[str] = frozenset()
) -> MergePlan:
    """The plan that brings `entries` into the catalog `there`.

    Args:
        there: what is published.
        entries: what is to be published; each name once.
        by_range: whether the generation keeps an entry for each range of platform versions (v2 and later).
        forced: names whose entries are replaced whatever their versions are.
    """
    by_name: dict[str, list[Placed]] = {}
    for placed in there.placed():
        by_name.setdefault(placed.entry.name, []).append(placed)
    decided = [
        (mine, decide(mine, by_name.get(mine.entry.name, ()), by_range=by_range, is_forced=is_forced))
        for mine, is_forced in (
            (Placed.of(entry), entry.name in forced) for entry in sorted(entries, key=lambda one: one.name)
        )
    ]
    steps = tuple(_step(mine, verdict) for mine, verdict in decided)
    if any(step.deed is Deed.CONFLICT for step in steps):
        return MergePlan(steps, (), there)
    changes = [(mine, verdict.gone) for mine, verdict in decided if verdict.deed is not Deed.UNCHANGED]
    return MergePlan(steps, tuple(mine.entry for mine, _ in changes), _changed(there, changes))


def without(there: Published, names: frozenset[str]) -> Published:
    """The catalog less every entry that has one of `names`, in both files."""
    return Published(
        tuple(entry for entry in there.apps if entry.name not in names),
        tuple(entry for entry in there.tools if entry.name not in names),
    )


def _step(mine: Placed, verdict: Verdict) -> Step:
    return Step(
        name=mine.entry.name,
        kind=mine.entry.kind,
        version=version_of(mine.entry.data),
        deed=verdict.deed,
        replaced=tuple(version_of(placed.entry.data) for placed in verdict.gone),
        reason=verdict.reason,
        moves=any(placed.is_tool != mine.is_tool for placed in verdict.gone),
    )


def _changed(there: Published, changes: Sequence[tuple[Placed, tuple[Placed, ...]]]) -> Published:
    """The catalog with each new entry in the place of the first one that it replaces, or at the end."""
    places: dict[int, Entry | None] = {}
    added: list[Placed] = []
    for mine, gone in changes:
        places |= {id(placed.entry): None for placed in gone}
        here = [placed for placed in gone if placed.is_tool == mine.is_tool]
        if here:
            places[id(here[0].entry)] = mine.entry
        else:
            added.append(mine)
    return Published(
        (*_kept(there.apps, places), *(one.entry for one in added if not one.is_tool)),
        (*_kept(there.tools, places), *(one.entry for one in added if one.is_tool)),
    )


def _kept(entries: Iterable[Entry], places: dict[int, Entry | None]) -> Iterable[Entry]:
    found = (places.get(id(entry), entry) for entry in entries)
    return (entry for entry in found if entry is not None)
