"""What the website's scripts know of all entries: cards in, one script with columns out.

A page that was opened from the disk may not fetch anything, so the data is a script. Columns, and tables for
what repeats, keep it small: 5,000 entries stay below two megabytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from catalog.model.file_tree import TreeFile
from catalog.registry.layout import SITE
from catalog.site.addresses import PICTURES, within_site
from catalog.site.facets import FACETS
from catalog.site.lists import by_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from catalog.site.card import Card
    from catalog.site.facets import Facet
    from catalog.site.picture import Picture

DATA = SITE / "catalog-data.js"
"""Its name has no hash: every page refers to it, and no page shall change because another entry did."""
LONGEST_SUMMARY = 300
"""Letters of a summary that are carried; a card shows three lines of it."""


class _Table:
    """Values that repeat, each once, with the number that stands for it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, value: Any) -> int:
        """The number of a value, which is anything that JSON can write."""
        return self._numbers.setdefault(json.dumps(value), len(self._numbers))

    def numbers(self, values: Iterable[str]) -> list[int]:
        """The numbers of several values."""
        return [self.number(value) for value in values]

    def values(self) -> list[Any]:
        """The values in the order of their numbers."""
        return [json.loads(value) for value in self._numbers]


def search_script(cards: Iterable[Card]) -> TreeFile:
    """The data script of the website; its rows stand in the order of the lists, by title.

    `window.__CATALOG` has one array per column with a value for each entry. Columns of texts that repeat hold
    numbers into `texts`, `facets[…].of` holds numbers into that facet's `values`.
    """
    rows = by_title(cards)
    # Browsers read JSON in a third of the time that they take for the same text as a program.
    return TreeFile(DATA, f"window.__CATALOG=JSON.parse('{_quoted(_document(rows))}');\n".encode())


def _quoted(document: dict[str, Any]) -> str:
    """JSON as a text between single quotes; half a character, which UTF-8 has no form for, is escaped."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    whole = text.encode("utf-8", "backslashreplace").decode()
    return whole.replace("\\", "\\\\").replace("'", "\\'")


def _document(rows: Sequence[Card]) -> dict[str, Any]:
    texts, shapes = _Table(), _Table()
    columns = {
        "name": [card.name for card in rows],
        "title": ["" if card.title == card.name else card.title for card in rows],
        "href": ["" if card.href == f"extensions/{card.name}.html" else card.href for card in rows],
        "summary": [_shortened(card.summary) for card in rows],
        "version": [texts.number(card.version) for card in rows],
        "author": [texts.number(card.author) for card in rows],
        "successor": [texts.number(card.successor) for card in rows],
        "added": [texts.number(card.added) for card in rows],
        "updated": [texts.number(card.updated) for card in rows],
        "size": [-1 if card.profile.size is None else card.profile.size for card in rows],
        "images": [texts.numbers(image.ref for image in card.profile.images) for card in rows],
        "services": [texts.numbers(one.name for one in card.profile.services) for card in rows],
        "variables": [texts.numbers(card.profile.variables) for card in rows],
        "picture": [_picture(card.picture, shapes) if card.picture else _stand_in(card) for card in rows],
    }
    return {
        "facets": [_facet(facet, rows) for facet in FACETS],
        "texts": texts.values(),
        "shapes": shapes.values(),
        **columns,
    }


def _facet(facet: Facet, rows: Sequence[Card]) -> dict[str, Any]:
    values = facet.values(rows)
    numbers = {value.word: number for number, value in enumerate(values)}
    of = [[numbers[word] for word in dict.fromkeys(facet.words_of(card)) if word in numbers] for card in rows]
    return {
        "key": facet.key,
        "label": facet.label,
        "values": [
            [value.word] if value.word == value.label else [value.word, value.label] for value in values
        ],
        "of": [each[0] if len(each) == 1 else each for each in of],
    }


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1].rstrip()}…"


def _stand_in(card: Card) -> list[Any]:
    return [card.placeholder.initials, card.placeholder.tint, card.placeholder.motif]


def _picture(picture: Picture, shapes: _Table) -> list[Any]:
    """The part that all its addresses share, the number of its shape, its colour.

    A shape has whether it is an icon, which of its variants is the middle one, then the rest of the address,
    the width and the height of each.
    """
    hrefs = [variant.href.removeprefix(f"{within_site(PICTURES)}/") for variant in picture.variants]
    stem = hrefs[0].rpartition("-")[0]
    stem = stem if all(href.startswith(stem) for href in hrefs) else ""
    variants = [
        [href.removeprefix(stem), variant.width, variant.height]
        for href, variant in zip(hrefs, picture.variants, strict=True)
    ]
    shape = [int(picture.is_icon), picture.variants.index(picture.middle), variants]
    return [stem, shapes.number(shape), picture.colour]
