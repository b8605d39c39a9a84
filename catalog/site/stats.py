"""The catalog in figures: cards in, groups of counted values out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from catalog.site.addresses import HOME, TOPICS, category_page, tag_page, within_site
from catalog.site.facets import FACETS

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from catalog.site.card import Card
    from catalog.site.facets import Facet

MOST_ROWS = 12
"""Rows that a group shows; what is rarer is one row together."""
_ALL = {"category": f"{within_site(TOPICS)}#categories", "tag": f"{within_site(TOPICS)}#tags"}
"""Where all values of a facet are listed."""
_PAGES = {"category": category_page, "tag": tag_page}
LARGEST = 10
_SIZES = (
    (100_000_000, "Up to 100 MB"),
    (500_000_000, "100 to 500 MB"),
    (1_000_000_000, "500 MB to 1 GB"),
    (5_000_000_000, "1 to 5 GB"),
)
_OVER, _UNKNOWN = "Over 5 GB", "Not known"


class Row(Struct, frozen=True):
    """A value, how many entries have it, its share of the group's largest (0 to 100), and its list.

    Values that are told together have no share: they are no match for one.
    """

    label: str
    count: int
    share: float | None
    href: str = ""


class Group(Struct, frozen=True):
    """One question about the entries, and how many give which answer."""

    id: str
    title: str
    rows: tuple[Row, ...]


class Statistics(Struct, frozen=True):
    """All figures; `bytes` counts every image once, as far as sizes are known (None: none is)."""

    entries: int
    images: int
    bytes: int | None
    groups: tuple[Group, ...]
    largest: tuple[Card, ...]


def statistics(cards: Sequence[Card]) -> Statistics:
    """The figures of all entries; groups without any value are left out."""
    sizes = {image.ref: image.size for card in cards for image in card.profile.images}
    known = [size for size in sizes.values() if size is not None]
    groups = (*(_facet_group(facet, cards) for facet in FACETS), _size_group(cards))
    measured = [card for card in cards if card.profile.size is not None]
    largest = sorted(measured, key=lambda card: (-(card.profile.size or 0), card.name))[:LARGEST]
    return Statistics(
        len(cards),
        len(sizes),
        sum(known) if known else None,
        tuple(group for group in groups if group.rows),
        tuple(largest),
    )


def _facet_group(facet: Facet, cards: Sequence[Card]) -> Group:
    """The rows of a facet; where there are many, values that nobody has are left out."""
    counts = Counter(word for card in cards for word in dict.fromkeys(facet.words_of(card)))
    values = facet.values(cards)
    if len(values) > MOST_ROWS:
        values = tuple(value for value in values if counts[value.word])
    shown = values[:MOST_ROWS] if len(values) > MOST_ROWS + 1 else values
    hidden = {word for card in cards if card.is_deprecated for word in facet.words_of(card)}
    rows = _rows([(one.label, counts[one.word], _href(facet, one.word, hidden)) for one in shown])
    rest = {value.word for value in values[len(shown) :]}
    if rest:
        having = sum(not rest.isdisjoint(facet.words_of(card)) for card in cards)
        rows += (Row(f"{len(rest)} others", having, None, _ALL.get(facet.key, "")),)
    return Group(facet.key, facet.label, rows)


def _href(facet: Facet, word: str, hidden: Container[str]) -> str:
    """The list of all that has the word; if it is among `hidden`, deprecated entries are asked for too."""
    page = _PAGES.get(facet.key)
    wishes = [] if page else [f"{facet.key}={quote(word, safe='', errors='replace')}"]
    if word in hidden and facet.key != "status":
        wishes.append("deprecated=shown")
    query = f"?{'&'.join(wishes)}" if wishes else ""
    return within_site(page(word) if page else HOME) + query


def _size_group(cards: Sequence[Card]) -> Group:
    counts = Counter(_size_label(card.profile.size) for card in cards)
    labels = [*(label for _, label in _SIZES), _OVER, _UNKNOWN]
    is_known = any(counts[label] for label in labels[:-1])
    return Group("size", "Size of all images", _rows([(one, counts[one], "") for one in labels if is_known]))


def _size_label(size: int | None) -> str:
    if size is None:
        return _UNKNOWN
    return next((label for limit, label in _SIZES if size <= limit), _OVER)


def _rows(counted: Sequence[tuple[str, int, str]]) -> tuple[Row, ...]:
    """The rows, none if nothing was counted at all."""
    most = max((count for _, count, _ in counted), default=0)
    if not most:
        return ()
    return tuple(Row(label, count, round(100 * count / most, 2), href) for label, count, href in counted)
