"""Badges: well-formed pictures that load nothing, whatever an author wrote."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model.colour import Colour
from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.badges import badge
from catalog.site.card import make_card
from catalog.site.facts import NO_FACTS
from tests.site.sample import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def drawn(name: str = "notes", **data: object) -> ET.Element:
    made = badge(make_card(Entry(name, Kind.APP, data), NO_FACTS))
    return ET.fromstring(made.picture)  # noqa: S314  # what we wrote


def words(picture: ET.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


def test_a_badge_says_kind_version_and_risk() -> None:
    picture = drawn(version="1.2.0", risk_tier=1, display_name="Notes")
    assert words(picture) == ["app", "1.2.0", "Scanned"]
    assert picture.get("aria-label") == "Notes: app, 1.2.0, Scanned"


def test_an_unknown_risk_is_left_out() -> None:
    assert words(drawn(version="1.2.0")) == ["app", "1.2.0"]


def test_parts_stand_beside_each_other_and_fill_the_picture() -> None:
    picture = drawn(version="1.2.0", risk_tier=2)
    boxes = [(int(box.get("x", "")), int(box.get("width", ""))) for box in picture.iter(f"{SVG}rect")]
    assert [start for start, _ in boxes] == [0, boxes[0][1], boxes[0][1] + boxes[1][1]]
    assert picture.get("width") == str(sum(width for _, width in boxes))


@pytest.mark.parametrize("tier", [0, 1, 2])
def test_text_on_badges_can_be_read(tier: int) -> None:
    fills = [box.get("fill", "") for box in drawn(version="1", risk_tier=tier).iter(f"{SVG}rect")]
    assert all(Colour.parse(fill).contrast(Colour(255, 255, 255)) >= 4.5 for fill in fills)


@settings(deadline=None, max_examples=40)
@given(st.text(), st.text())
def test_no_text_breaks_a_badge_or_brings_anything_along(version: str, title: str) -> None:
    picture = drawn(version=version + HOSTILE, display_name=title + HOSTILE, risk_tier=0)
    assert {element.tag for element in picture.iter()} == {
        f"{SVG}{n}" for n in ("svg", "title", "rect", "text")
    }
    names = {name for element in picture.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}
    assert int(picture.get("width", "")) < 500
