"""How the services of an entry hang together, as boxes and lines: services in, a picture's layout out.

Boxes never overlap, and the same services always give the same picture.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.appgarden.volumes import MountKind
from catalog.site.topology_rows import Edge, Relation, Slot, arrange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from catalog.appgarden.volumes import Mount
    from catalog.site.services import Service
    from catalog.site.topology_rows import Arrangement

MOST_NODES = 60
"""A picture with more boxes explains nothing; the table has them all."""
MARGIN, GAP, ROW_GAP, SLOT_WIDTH = 8, 24, 52, 12
SERVICE_WIDTH, SERVICE_HEIGHT, PORTS_HEIGHT = 196, 58, 26
VOLUME_WIDTH, VOLUME_HEIGHT = 168, 46


class Node(Struct, frozen=True):
    """Something that is drawn as a box; `service` is None for a volume or a folder of the host."""

    name: str
    service: Service | None = None
    is_host_path: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """The width and height of its box in pixels."""
        if self.service is None:
            return VOLUME_WIDTH, VOLUME_HEIGHT
        has_ports = self.service.ports or self.service.exposed
        return SERVICE_WIDTH, SERVICE_HEIGHT + (PORTS_HEIGHT if has_ports else 0)


class Box(Struct, frozen=True):
    """A node with its place, in pixels from the upper left corner."""

    node: Node
    x: float
    y: float

    @property
    def middle(self) -> float:
        """Where lines meet it, from the left."""
        return self.x + self.node.size[0] / 2

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.node.size[1]


class Line(Struct, frozen=True):
    """A line from one box down to another: the points that it passes, each where it enters or leaves a row.

    `is_upward` tells that it is followed from its end to its start, which happens in cycles.
    """

    relation: Relation
    points: tuple[tuple[float, float], ...]
    is_upward: bool


class Topology(Struct, frozen=True):
    """A picture: everything that is drawn, and its size in pixels."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: float
    height: float


def make_topology(services: Sequence[Service]) -> Topology | None:
    """The picture of these services; None if there are none, or too many to be drawn."""
    nodes = _nodes(services)
    if not services or len(nodes) > MOST_NODES:
        return None
    numbers = {node.name: number for number, node in enumerate(nodes)}
    return _placed(nodes, arrange(len(nodes), _edges(services, numbers)))


def _nodes(services: Sequence[Service]) -> list[Node]:
    """The services, then what they keep data on; a volume called like a service says that it is one."""
    kept = {mount.source: mount.kind is MountKind.BIND for one in services for mount in _stores(one)}
    names = {service.name for service in services}
    return [
        *(Node(service.name, service) for service in services),
        *(Node(_store_name(source, names), None, is_path) for source, is_path in kept.items()),
    ]


def _stores(service: Service) -> Iterator[Mount]:
    for mount in service.mounts:
        if mount.source and mount.kind in {MountKind.NAMED, MountKind.BIND}:
            yield mount


def _store_name(source: str, services: set[str]) -> str:
    return f"{source} (volume)" if source in services else source


def _edges(services: Sequence[Service], numbers: Mapping[str, int]) -> list[Edge]:
    """Who needs whom, one edge for two nodes; what is waited for and called is waited for."""
    names = {service.name for service in services}
    found: dict[tuple[int, int], Edge] = {}
    for above, service in enumerate(services):
        wanted: list[tuple[str, Relation]] = [(name, "waits") for name in service.waits_for if name in names]
        wanted += [(name, "calls") for name in service.calls if name in names]
        wanted += [(_store_name(mount.source, names), "keeps") for mount in _stores(service)]
        for name, relation in wanted:
            if numbers[name] != above:
                found.setdefault((above, numbers[name]), Edge(above, numbers[name], relation))
    return list(found.values())


def _placed(nodes: Sequence[Node], arrangement: Arrangement) -> Topology:
    """Rows one below the other, each in the middle of the picture's width."""
    rows = arrangement.rows
    widths = [[SLOT_WIDTH if row >= 0 else nodes[node].size[0] for node, row in slots] for slots in rows]
    heights = [max(nodes[node].size[1] for node, row in slots if row < 0) for slots in rows]
    spans = [sum(each) + GAP * (len(each) - 1) for each in widths]
    width = max(spans) + 2 * MARGIN
    tops = list(accumulate((height + ROW_GAP for height in heights[:-1]), initial=MARGIN))
    left: dict[Slot, float] = {}
    for slots, each, span in zip(rows, widths, spans, strict=True):
        starts = accumulate((one + GAP for one in each[:-1]), initial=(width - span) / 2)
        left.update(zip(slots, starts, strict=True))
    boxes = [Box(node, left[n, -1], tops[arrangement.row_of[n]]) for n, node in enumerate(nodes)]
    bottoms = [top + height for top, height in zip(tops, heights, strict=True)]
    frame = _Frame(boxes, left, tops, bottoms)
    lines = tuple(frame.line(edge, arrangement) for edge in arrangement.edges)
    return Topology(tuple(boxes), lines, width, bottoms[-1] + MARGIN)


class _Frame(Struct, frozen=True):
    """Where everything stands: boxes, slots from the left, tops and bottoms of rows."""

    boxes: Sequence[Box]
    left: Mapping[Slot, float]
    tops: Sequence[float]
    bottoms: Sequence[float]

    def line(self, edge: Edge, arrangement: Arrangement) -> Line:
        """Out of the upper box, to the bottom of its row, through slots, into the lower box."""
        start, end = self.boxes[edge.above], self.boxes[edge.below]
        points = [(start.middle, start.bottom), (start.middle, self.bottoms[arrangement.row_of[edge.above]])]
        for slot in arrangement.path(edge)[1:-1]:
            x, row = self.left[slot] + SLOT_WIDTH / 2, slot[1]
            points += [(x, self.tops[row]), (x, self.bottoms[row])]
        points.append((end.middle, end.y))
        return Line(edge.relation, tuple(points), edge.is_upward)
