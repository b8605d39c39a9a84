"""Draws a topology as SVG: a layout in, the picture's markup out.

Colours and type come from `detail.css` by classes. A box is an inner SVG, which cuts off what is too long.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from catalog.site.topology import SERVICE_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.site.services import Service
    from catalog.site.topology import Box, Line, Node, Topology

_NAME_COLUMNS, _NOTE_COLUMNS, _PORT_COLUMNS = 22, 26, 11
_PORTS_LEFT, _PORTS_RIGHT, _REST_WIDTH = 10, SERVICE_WIDTH - 8, 34
_ARROW = 5


def topology_svg(topology: Topology, title: str, description: str) -> Markup:
    """The picture; readers who do not see it hear `title` and `description`."""
    width, height = _number(topology.width), _number(topology.height)
    lines = "".join(map(_line, topology.lines))
    boxes = "".join(map(_box, topology.boxes))
    return Markup(  # noqa: S704  # every text in it is escaped
        f'<svg class="topology" role="img" aria-labelledby="topology-title topology-text" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<title id="topology-title">{escape(title)}</title>'
        f'<desc id="topology-text">{escape(description)}</desc>{lines}{boxes}</svg>'
    )


def described(services: Sequence[Service]) -> str:
    """The picture in words: what each service waits for, calls and keeps."""
    return " ".join(f"{service.name} {_deeds(service)}." for service in services)


def port_label(port: str) -> str:
    """The container's side of a port: `127.0.0.1:8080:80/tcp` is `80`; other protocols stay."""
    return port.rpartition(":")[2].removesuffix("/tcp")


def _deeds(service: Service) -> str:
    parts = [
        ("answers on", tuple(map(port_label, service.ports))),
        ("waits for", service.waits_for),
        ("calls", service.calls),
        ("keeps", tuple(mount.source for mount in service.mounts if mount.source)),
    ]
    said = [f"{verb} {', '.join(names)}" for verb, names in parts if names]
    return "; ".join(said) or "stands alone"


def _line(line: Line) -> str:
    (start, bottom, *rest), path = line.points, []
    x, y = bottom
    path.append(f"M{_point(start)}V{_number(y)}")
    for n, (to_x, to_y) in enumerate(rest):
        is_through_a_row = n % 2 == 1 and n < len(rest)
        if is_through_a_row:
            path.append(f"V{_number(to_y)}")
        else:
            middle = _number((y + to_y) / 2)
            path.append(f"C{_number(x)} {middle} {_number(to_x)} {middle} {_number(to_x)} {_number(to_y)}")
        x, y = to_x, to_y
    tip, way = (start, 1) if line.is_upward else (line.points[-1], -1)
    return f'<path class="line {line.relation}" d="{"".join(path)}"/>{_arrow(tip, way)}'


def _arrow(tip: tuple[float, float], way: int) -> str:
    x, y = tip
    back = _number(y + way * _ARROW * 1.6)
    return (
        f'<path class="arrow" d="M{_number(x - _ARROW)} {back}L{_point(tip)}L{_number(x + _ARROW)} {back}Z"/>'
    )


def _box(box: Box) -> str:
    service, (width, height) = box.node.service, box.node.size
    inside = _store(box.node, width, height) if service is None else _service(service, width, height)
    return (
        f'<svg x="{_number(box.x)}" y="{_number(box.y)}" width="{width}" height="{height}">'
        f"<title>{escape(box.node.name)}</title>{inside}</svg>"
    )


def _service(service: Service, width: int, height: int) -> str:
    image = service.image.rpartition("/")[2] or "no image"
    return (
        f'<rect class="box" x="1" y="1" width="{width - 2}" height="{height - 2}" rx="10"/>'
        f'<text class="name" x="14" y="26">{_fit(service.name, _NAME_COLUMNS)}</text>'
        f'<text class="detail" x="14" y="44">{_fit(image, _NOTE_COLUMNS)}</text>{"".join(_ports(service))}'
    )


def _ports(service: Service) -> Iterator[str]:
    """As many ports as have room, then how many more there are."""
    ports = [("open", port) for port in service.ports] + [("inner", port) for port in service.exposed]
    left = _PORTS_LEFT
    for n, (way, port) in enumerate(ports):
        label, rest = str(_fit(port_label(port), _PORT_COLUMNS)), len(ports) - n
        if left + _pill_width(label) > _PORTS_RIGHT - (_REST_WIDTH if rest > 1 else 0):
            yield f'<text class="number inner" x="{left + 12}" y="67">+{rest}</text>'
            return
        width = _pill_width(label)
        yield f'<rect class="port {way}" x="{left}" y="53" width="{width}" height="20" rx="10"/>'
        yield f'<text class="number {way}" x="{left + width // 2}" y="67">{label}</text>'
        left += width + 6


def _pill_width(label: str) -> int:
    return 18 + 7 * len(label)


def _store(node: Node, width: int, height: int) -> str:
    """A drum for a volume, a folder for a path of the host."""
    middle, right, low = width // 2, width - 1, height - 9
    name = f'<text class="store-name" x="{middle}" y="31">{_fit(node.name, _NAME_COLUMNS)}</text>'
    if node.is_host_path:
        shape = f"M1 {height - 1}V5Q1 1 5 1H48L56 8H{right - 4}Q{right} 8 {right} 12V{height - 1}Z"
        return f'<path class="store host" d="{shape}"/>{name}'
    arc = f"A{middle - 1} 8 0 0"
    return (
        f'<path class="store" d="M1 9{arc} 1 {right} 9V{low}{arc} 1 1 {low}Z"/>'
        f'<path class="rim" d="M1 9{arc} 0 {right} 9"/>{name}'
    )


def _fit(text: str, columns: int) -> Markup:
    """Text of at most this many columns, in which East Asian letters take two."""
    if len(text) * 2 > columns:
        taken = 0
        for n, letter in enumerate(text):
            taken += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
            if taken > columns:
                return escape(f"{text[: max(1, n - 1)]}…")
    return escape(text)


def _point(point: tuple[float, float]) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
