"""The picture of an entry's services."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.appgarden.volumes import Mount, MountKind
from catalog.site.services import Service, read_compose, running
from catalog.site.topology import MOST_NODES, Topology, make_topology
from catalog.site.topology_svg import described, port_label, topology_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = st.sampled_from([f"s{n}" for n in range(9)])
MOUNTS = st.builds(
    Mount, st.sampled_from(MountKind), st.sampled_from(["", "data", "s1", "/srv", "logs"]), st.just("/data")
)
SOME = st.lists(NAMES, max_size=4, unique=True).map(tuple)
SERVICES = st.lists(
    st.builds(
        Service,
        name=NAMES,
        image=st.just("a/b:1"),
        ports=st.lists(st.just("80"), max_size=4).map(tuple),
        mounts=st.lists(MOUNTS, max_size=3).map(tuple),
        waits_for=SOME,
        calls=SOME,
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda service: service.name,
)


def picture(services: Sequence[Service]) -> Topology:
    made = make_topology(services)
    assert made is not None
    return made


def places(compose: str) -> dict[str, tuple[float, float]]:
    made = picture(running(read_compose(compose)))
    return {box.node.name: (box.x, box.y) for box in made.boxes}


@settings(max_examples=40, deadline=None)
@given(SERVICES)
def test_every_service_is_drawn_once(services: list[Service]) -> None:
    drawn = [box.node.service.name for box in picture(services).boxes if box.node.service]
    assert drawn == [service.name for service in services]


@settings(max_examples=40, deadline=None)
@given(SERVICES)
def test_boxes_never_overlap_and_lie_within_the_picture(services: list[Service]) -> None:
    made = picture(services)
    for box in made.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.node.size[0] <= made.width
        assert box.bottom <= made.height
    for one, other in combinations(made.boxes, 2):
        beside = one.x + one.node.size[0] <= other.x or other.x + other.node.size[0] <= one.x
        above = one.bottom <= other.y or other.bottom <= one.y
        assert beside or above


@settings(max_examples=40, deadline=None)
@given(SERVICES)
def test_lines_lead_down_and_pass_no_box(services: list[Service]) -> None:
    made = picture(services)
    for line in made.lines:
        heights = [y for _, y in line.points]
        assert heights == sorted(heights)
        for (x, top), (_, bottom) in zip(line.points[2::2], line.points[3::2], strict=False):
            crossed = [
                box
                for box in made.boxes
                if abs(x - box.middle) < box.node.size[0] / 2 and top <= box.y < bottom
            ]
            assert not crossed


@settings(max_examples=40, deadline=None)
@given(SERVICES)
def test_every_relation_is_a_line(services: list[Service]) -> None:
    names = {service.name for service in services}
    wanted = set()
    for service in services:
        wanted |= {(service.name, other) for other in (*service.waits_for, *service.calls) if other in names}
        stores = {
            m.source for m in service.mounts if m.kind in {MountKind.NAMED, MountKind.BIND} and m.source
        }
        wanted |= {(service.name, f"volume {source}") for source in stores}
    assert len(picture(services).lines) == len({pair for pair in wanted if pair[0] != pair[1]})


@settings(max_examples=40, deadline=None)
@given(SERVICES)
def test_the_same_services_give_the_same_picture_which_is_xml(services: list[Service]) -> None:
    drawn = topology_svg(picture(services), "T", described(services))
    assert drawn == topology_svg(picture(services), "T", described(services))
    root = ET.fromstring(drawn)  # noqa: S314  # made by us
    assert root.get("role") == "img"
    assert root.findtext("title") == "T"
    assert "style" not in {name for element in root.iter() for name in element.attrib}


def test_who_needs_another_stands_above_it() -> None:
    compose = """
services:
  database: {image: d, volumes: ["data:/var"]}
  web: {image: w, depends_on: [api]}
  api: {image: a, depends_on: {database: {condition: service_healthy}}}
"""
    at = places(compose)
    assert at["web"][1] < at["api"][1] < at["database"][1] < at["data"][1]


def test_services_that_wait_for_each_other_are_drawn_all_the_same() -> None:
    made = picture(running(read_compose("services: {a: {depends_on: [b]}, b: {depends_on: [a]}}")))
    assert [line.is_upward for line in made.lines] == [False, True]


def test_a_volume_with_the_name_of_a_service_is_a_box_of_its_own() -> None:
    made = picture(running(read_compose("services: {db: {image: d, volumes: ['db:/var']}}")))
    assert [box.node.name for box in made.boxes] == ["db", "db (volume)"]
    assert len(made.lines) == 1


def test_a_long_line_goes_round_what_stands_between() -> None:
    compose = "services: {a: {depends_on: [b, c]}, b: {depends_on: [c]}, c: {}}"
    longest = max(picture(running(read_compose(compose))).lines, key=lambda line: len(line.points))
    assert len(longest.points) == 5


def test_few_stand_in_a_row_so_that_the_picture_fits_its_column() -> None:
    services = [Service(f"s{n}", "a:1") for n in range(20)]
    assert picture(services).width <= 660


@pytest.mark.parametrize("number", [0, MOST_NODES + 1])
def test_nothing_is_drawn_of_no_services_or_of_too_many(number: int) -> None:
    assert make_topology([Service(f"s{n}", "a:1") for n in range(number)]) is None


@pytest.mark.parametrize(
    ("port", "label"),
    [
        ("8080", "8080"),
        ("127.0.0.1:80:8080/tcp", "8080"),
        ("53:53/udp", "53/udp"),
        ("9000-9010", "9000-9010"),
    ],
)
def test_a_port_is_called_by_the_side_of_the_container(port: str, label: str) -> None:
    assert port_label(port) == label


def test_the_words_say_what_the_picture_shows() -> None:
    compose = """
services:
  web: {image: w, ports: ["80:8080"], depends_on: [api], environment: {API: "http://api:1"}}
  api: {image: a, volumes: ["data:/d"]}
  idle: {image: i}
"""
    services = running(read_compose(compose))
    assert described(services) == (
        "web answers on 8080; waits for api; calls api. api keeps data. idle stands alone."
    )


def test_texts_are_shortened_by_their_width_and_escaped() -> None:
    services = [Service("<b>" + "w" * 50, "漢" * 40 + ":1", ports=("8080", "8081", "8082", "8083"))]
    drawn = topology_svg(picture(services), "<i>", "&")
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert re.search(r'class="detail"[^>]*>漢{12}…<', drawn)
    assert re.findall(r'class="number [a-z]+"[^>]*>([^<]*)<', drawn) == ["8080", "8081", "+2"]


def test_a_folder_of_the_host_looks_unlike_a_volume() -> None:
    mounts = (Mount(MountKind.BIND, "/srv", "/srv"), Mount(MountKind.NAMED, "data", "/data"))
    drawn = topology_svg(picture([Service("a", "", mounts=mounts)]), "T", "")
    assert drawn.count('class="store host"') == 1
    assert drawn.count('class="store"') == 1
    assert "no image" in drawn
