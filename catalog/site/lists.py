"""The lists of the website, cut into pages: cards in, one value for every page of a list out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.site.addresses import HOME, list_page, within_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import PurePosixPath

    from catalog.site.card import Card

CARDS_PER_PAGE = 48
LATEST = 6
"""How many entries the home page shows as new, and how many as updated."""


class Link(Struct, frozen=True):
    """A link in the site folder; `count` says how many entries are behind it."""

    label: str
    href: str
    count: int


class ListPage(Struct, frozen=True):
    """One page of a list; `first` is the address of the list's first page, `total` counts all its cards.

    `within` is what the live list is narrowed to, as the query of an address; empty for all entries. `what`
    names the list's kind (`Category`, `Tag`) and is empty for the list of all entries.
    """

    title: str
    first: PurePosixPath
    number: int
    pages: int
    total: int
    cards: tuple[Card, ...]
    within: str = ""
    what: str = ""

    @property
    def path(self) -> PurePosixPath:
        """Where this page stands."""
        return list_page(self.first, self.number)

    @property
    def is_home(self) -> bool:
        """Whether this is the start of the website."""
        return self.path == HOME

    @property
    def href(self) -> str:
        """The address of the list, relative to the site folder."""
        return within_site(self.first)

    def href_of(self, number: int) -> str:
        """The address of another page of this list, relative to the site folder."""
        return within_site(list_page(self.first, number))


class CardList(Struct, frozen=True):
    """A list before it is cut into pages; the fields are those of its pages."""

    title: str
    first: PurePosixPath
    within: str = ""
    what: str = ""

    def pages(self, cards: Sequence[Card]) -> Iterator[ListPage]:
        """The pages of the list; an empty one has one page, which says so."""
        pages = max(1, -(-len(cards) // CARDS_PER_PAGE))
        for number in range(1, pages + 1):
            start = (number - 1) * CARDS_PER_PAGE
            shown = tuple(cards[start : start + CARDS_PER_PAGE])
            yield ListPage(self.title, self.first, number, pages, len(cards), shown, self.within, self.what)


def by_title(cards: Iterable[Card]) -> list[Card]:
    """Cards in the order of every list, since that is how people look for what they know."""
    return sorted(cards, key=lambda card: (card.title.casefold(), card.name))


def newest(cards: Iterable[Card]) -> tuple[Card, ...]:
    """The entries that were added last; what the catalog began with is not new to anybody."""
    dated = [card for card in by_title(cards) if card.added]
    first = min((card.added for card in dated), default="")
    known = [card for card in dated if card.added > first]
    return tuple(sorted(known, key=lambda card: card.added, reverse=True)[:LATEST])


def updated(cards: Iterable[Card]) -> tuple[Card, ...]:
    """The entries that rose to another version last, since they were added."""
    known = [card for card in by_title(cards) if card.updated > card.added]
    return tuple(sorted(known, key=lambda card: card.updated, reverse=True)[:LATEST])
