"""Puts the nodes of a picture into rows: how many there are and who needs whom in, rows out.

Whoever needs another stands above it (Sugiyama's method): cycles are cut, long lines get a slot in each row
that they pass, and rows are ordered so that few lines cross.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PER_ROW = 3
"""How many nodes stand in a row, so that the picture is no wider than its column."""
_SWEEPS = 4

Relation = Literal["waits", "calls", "keeps"]
Slot = tuple[int, int]
"""What stands in a row: a node and -1, or the node that a line leads to and the row that it passes."""


class Edge(Struct, frozen=True):
    """Who needs whom, by number; `is_upward` if it was turned round because it closes a cycle."""

    above: int
    below: int
    relation: Relation
    is_upward: bool = False


class Arrangement(Struct, frozen=True):
    """The rows from the top, each from the left; `row_of` has the row of every node."""

    rows: tuple[tuple[Slot, ...], ...]
    row_of: tuple[int, ...]
    edges: tuple[Edge, ...]

    def path(self, edge: Edge) -> list[Slot]:
        """Where an edge passes: its upper node, a slot in each row between, its lower node."""
        return _path(edge, self.row_of)


def arrange(count: int, edges: Iterable[Edge]) -> Arrangement:
    """The rows of `count` nodes; every edge of the result leads down."""
    downward = tuple(_downward(count, edges))
    row_of = _rows(count, downward)
    rows = _with_slots(row_of, downward)
    if max(map(len, rows)) > 1:
        _order(rows, *_neighbours(row_of, downward))
    return Arrangement(tuple(map(tuple, rows)), tuple(row_of), downward)


def _downward(count: int, edges: Iterable[Edge]) -> Iterator[Edge]:
    """The edges, found depth first; those turned round that lead back to where the search came from."""
    following: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        following[edge.above].append(edge)
    is_open, is_seen = [False] * count, [False] * count
    for start in range(count):
        way = [] if is_seen[start] else [(start, iter(following[start]))]
        is_open[start] = is_seen[start] = True
        while way:
            node, rest = way[-1]
            edge_or_none = next(rest, None)
            if edge_or_none is None:
                is_open[node] = False
                way.pop()
                continue
            edge = edge_or_none
            is_back = is_open[edge.below]
            yield Edge(edge.below, edge.above, edge.relation, is_upward=True) if is_back else edge
            if not is_seen[edge.below]:
                is_open[edge.below] = is_seen[edge.below] = True
                way.append((edge.below, iter(following[edge.below])))
        is_open[start] = False


def _rows(count: int, edges: Sequence[Edge]) -> list[int]:
    """The row of every node: below all that need it; what does not fit into a row goes on in the next."""
    layer, before = [0] * count, [-1]
    while layer != before:
        before = list(layer)
        for edge in edges:
            layer[edge.below] = max(layer[edge.below], layer[edge.above] + 1)
    rows, first = [0] * count, 0
    for level in sorted(set(layer)):
        members = [node for node in range(count) if layer[node] == level]
        for position, node in enumerate(members):
            rows[node] = first + position // PER_ROW
        first = rows[members[-1]] + 1
    return rows


def _with_slots(row_of: Sequence[int], edges: Iterable[Edge]) -> list[list[Slot]]:
    """What stands in every row; all lines to the same node share one slot in a row that they pass."""
    rows: list[dict[Slot, None]] = [{} for _ in range(max(row_of) + 1)]
    for node, row in enumerate(row_of):
        rows[row][node, -1] = None
    for edge in edges:
        for row in range(row_of[edge.above] + 1, row_of[edge.below]):
            rows[row][edge.below, row] = None
    return [list(row) for row in rows]


def _path(edge: Edge, row_of: Sequence[int]) -> list[Slot]:
    passed = [(edge.below, row) for row in range(row_of[edge.above] + 1, row_of[edge.below])]
    return [(edge.above, -1), *passed, (edge.below, -1)]


def _neighbours(
    row_of: Sequence[int], edges: Iterable[Edge]
) -> tuple[dict[Slot, list[Slot]], dict[Slot, list[Slot]]]:
    """What is joined to what in the row above, and in the row below."""
    above: dict[Slot, list[Slot]] = defaultdict(list)
    below: dict[Slot, list[Slot]] = defaultdict(list)
    for edge in edges:
        for upper, lower in pairwise(_path(edge, row_of)):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _order(
    rows: list[list[Slot]], above: Mapping[Slot, list[Slot]], below: Mapping[Slot, list[Slot]]
) -> None:
    """Put what is joined below one another, by the mean place of its neighbours, down and up in turns."""
    place = {slot: (n + 0.5) / len(row) for row in rows for n, slot in enumerate(row)}
    for sweep in range(_SWEEPS):
        joined = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else reversed(rows):
            means = {slot: _mean([place[one] for one in joined.get(slot, [slot])]) for slot in row}
            row.sort(key=means.__getitem__)
            place.update({slot: (n + 0.5) / len(row) for n, slot in enumerate(row)})


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
