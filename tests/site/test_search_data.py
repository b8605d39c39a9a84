"""The script that tells the website's scripts about all entries."""

from __future__ import annotations

import gzip
from typing import Any

from msgspec.structs import replace

from catalog.site.card import Card, make_card
from catalog.site.facts import NO_FACTS
from catalog.site.picture import Picture, Variant
from catalog.site.placeholder import placeholder
from catalog.site.search_data import DATA, LONGEST_SUMMARY, search_script
from scripts.bench.entries import many
from tests.site.sample import HOSTILE, REGISTRY
from tests.site.scripts import evaluate, opened


def cards() -> list[Card]:
    return [make_card(entry, NO_FACTS) for entry in REGISTRY.entries]


def script(shown: list[Card]) -> bytes:
    content = search_script(shown).content
    assert isinstance(content, bytes)
    return content


def read(shown: list[Card]) -> Any:
    return opened(script(shown))


def test_it_is_one_statement_under_a_name_that_never_changes() -> None:
    assert str(DATA) == "site/catalog-data.js"
    assert script(cards()).startswith(b"window.__CATALOG=JSON.parse('{")
    assert script(cards()).endswith(b"}');\n")


def test_rows_stand_by_title_whatever_order_they_come_in() -> None:
    assert script(cards()) == script(cards()[::-1])
    titles = [
        title or name for title, name in zip(read(cards())["title"], read(cards())["name"], strict=True)
    ]
    assert titles == sorted(titles, key=str.casefold)


def test_every_column_has_a_value_for_every_entry() -> None:
    document = read(cards())
    columns = {key: column for key, column in document.items() if key not in {"facets", "texts", "shapes"}}
    assert {len(column) for column in columns.values()} == {len(REGISTRY.entries)}
    assert {len(facet["of"]) for facet in document["facets"]} == {len(REGISTRY.entries)}


def test_a_browser_reads_what_was_written() -> None:
    body = """const catalog = data.open(given.catalog);
    const text = (row) => ["title", "href", "version"].map((one) => data.textOf(catalog, one, row));
    const texts = (row) => ["images", "services", "variables"].map((one) => data.textsOf(catalog, one, row));
    return [...catalog.name.keys()].map((row) =>
      [catalog.name[row], ...text(row), ...texts(row), data.wordsOf(catalog, "tag", row)]);"""
    read_back = {row[0]: row[1:] for row in evaluate(body, catalog=read(cards()))}
    for card in cards():
        assert read_back[card.name] == [
            card.title,
            card.href,
            card.version,
            [image.ref for image in card.profile.images],
            [service.name for service in card.profile.services],
            list(card.profile.variables),
            list(card.tags),
        ]


def test_hostile_text_stays_text() -> None:
    document = read(cards())
    assert HOSTILE in document["title"]
    assert document["name"].count("hostile-entry") == 1


def test_half_a_character_is_written_so_that_browsers_read_it() -> None:
    broken = replace(cards()[0], summary="half \ud83d and \u2028 whole 😀")
    assert read([broken])["summary"] == [broken.summary]


def test_a_long_summary_is_shortened() -> None:
    card = replace(cards()[0], summary="word " * 2000)
    (summary,) = read([card])["summary"]
    assert len(summary) <= LONGEST_SUMMARY
    assert summary.endswith("word…")


def test_pictures_are_carried_by_what_their_addresses_share() -> None:
    small = Variant("0123456789abcdef-320.webp", 320, 180, "x")
    large = Variant("0123456789abcdef-640.webp", 640, 360, "x")
    odd = Variant("odd.webp", 64, 64, "x")
    shown = [
        replace(cards()[0], name="a", title="a", picture=Picture((small, large), "#102030")),
        replace(cards()[0], name="b", title="b", picture=Picture((odd,), "")),
        replace(cards()[0], name="c", title="c", placeholder=placeholder("c", "c")),
    ]
    document = read(shown)
    assert document["picture"][0] == ["0123456789abcdef", 0, "#102030"]
    assert document["shapes"][0] == [0, 1, [["-320.webp", 320, 180], ["-640.webp", 640, 360]]]
    stem, shape, _ = document["picture"][1]
    assert stem + document["shapes"][shape][2][0][0] == "odd.webp"
    assert document["picture"][2][0] == "C"


def test_one_entry_more_is_one_row_more_and_the_rest_stays() -> None:
    most, everything = read(cards()[:-1]), read(cards())
    assert len(everything["name"]) == len(most["name"]) + 1


def test_400_bytes_are_enough_for_an_entry() -> None:
    registry, facts = many(1000)
    content = script([make_card(entry, facts[entry.name]) for entry in registry.entries])
    packed = len(gzip.compress(content, mtime=0))
    print(f"data of 1,000 entries: {len(content) / 1000:.0f} B an entry, {packed / 1000:.0f} B packed")
    assert len(content) <= 400_000
    assert packed <= 90_000
