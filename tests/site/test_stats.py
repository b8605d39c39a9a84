"""The page of figures: its numbers are those of the lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalog.model.manifest import CatalogNotes
from catalog.model.names import Kind
from catalog.registry.registry import Entry, Registry
from catalog.site.card import make_card
from catalog.site.facets import FACETS
from catalog.site.facts import NO_FACTS, SiteFacts
from catalog.site.stats import LARGEST, MOST_ROWS, Row, statistics
from catalog.workspace.image_facts import ImageFacts
from tests.site.building import build, pages_of
from tests.site.sample import REGISTRY

if TYPE_CHECKING:
    from catalog.site.card import Card
    from catalog.site.shell import Shell

CARDS = [make_card(entry, NO_FACTS) for entry in REGISTRY.entries]


def sized(name: str, size: int | None, ref: str = "") -> Card:
    image = ref or f"acme/{name}:1"
    facts = {image: ImageFacts(size, "linux/amd64")} if size is not None else {}
    entry = Entry(name, Kind.TOOL, {"version": "1.0.0", "image": image})
    return make_card(entry, SiteFacts(images=facts))


def test_every_count_is_that_of_the_entries_with_the_value() -> None:
    for group in statistics(CARDS).groups:
        facet = next((facet for facet in FACETS if facet.key == group.id), None)
        if facet:
            labels = {value.label: value.word for value in facet.values(CARDS)}
            for row in group.rows:
                if row.label in labels:
                    assert row.count == sum(labels[row.label] in facet.words_of(card) for card in CARDS)


def test_the_longest_bar_is_whole_and_the_others_are_in_proportion() -> None:
    for group in statistics(CARDS).groups:
        shares = [(row.share, row.count) for row in group.rows if row.share is not None]
        most = max(count for _, count in shares)
        assert all(abs(share - 100 * count / most) < 0.01 for share, count in shares)


def test_rare_values_are_one_row_without_a_bar_that_leads_to_all() -> None:
    tags = [f"t{n:02}" for n in range(20)]
    data = {"category": "c", "tags": tags}
    cards = [make_card(Entry(f"a{n}", Kind.APP, data), NO_FACTS) for n in range(3)]
    group = next(group for group in statistics(cards).groups if group.id == "tag")
    assert len(group.rows) == MOST_ROWS + 1
    assert group.rows[-1] == Row("8 others", 3, None, "topics.html#tags")


def test_of_many_fixed_values_those_that_nobody_has_hide_none() -> None:
    entry = Entry("a", Kind.APP, {"compose_yml": "services: {a: {image: b:1, volumes: [c:/d]}}"})
    group = next(group for group in statistics([make_card(entry, NO_FACTS)]).groups if group.id == "reason")
    assert [(row.label, row.count) for row in group.rows] == [("Images of others", 1), ("Keeps data", 1)]


def test_an_image_that_two_share_is_counted_once() -> None:
    figures = statistics([sized("a", 10, "acme/x:1"), sized("b", 10, "acme/x:1"), sized("c", None)])
    assert (figures.images, figures.bytes) == (2, 10)


def test_sizes_are_grouped_and_the_largest_named() -> None:
    figures = statistics([sized(f"t{n}", n * 1_000_000_000) for n in range(12)] + [sized("x", None)])
    group = next(group for group in figures.groups if group.id == "size")
    assert [(row.label, row.count) for row in group.rows] == [
        ("Up to 100 MB", 1),
        ("100 to 500 MB", 0),
        ("500 MB to 1 GB", 1),
        ("1 to 5 GB", 4),
        ("Over 5 GB", 6),
        ("Not known", 1),
    ]
    assert [card.name for card in figures.largest][:2] == ["t11", "t10"]
    assert len(figures.largest) == LARGEST


def test_sizes_that_nobody_knows_are_no_group() -> None:
    figures = statistics([sized("a", None)])
    assert figures.bytes is None
    assert "size" not in {group.id for group in figures.groups}


def test_an_empty_catalog_has_its_page(plain: Shell) -> None:
    page = pages_of(build(plain, Registry(()), {}))["site/stats.html"]
    assert "not known" in page
    assert "<table" not in page


def test_bars_are_drawn_without_style(pages: dict[str, str]) -> None:
    page = pages["site/stats.html"]
    assert re.search(r'<rect class="bar-part" width="[\d.]+%"', page)
    assert "style=" not in page


def test_a_figure_that_counts_deprecated_entries_leads_to_a_list_that_shows_them() -> None:
    facts = SiteFacts(notes=CatalogNotes(status="deprecated"))
    cards = [
        make_card(Entry("a", Kind.APP, {"category": "old"}), facts),
        make_card(Entry("b", Kind.TOOL, {"category": "new"}), NO_FACTS),
    ]
    hrefs = {(group.id, row.label): row.href for group in statistics(cards).groups for row in group.rows}
    assert hrefs["kind", "App"] == "index.html?kind=app&deprecated=shown"
    assert hrefs["kind", "Tool"] == "index.html?kind=tool"
    assert hrefs["category", "old"].endswith("?deprecated=shown")
    assert "?" not in hrefs["category", "new"]
    assert hrefs["status", "Deprecated"] == "index.html?status=deprecated"
