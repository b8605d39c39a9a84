"""The lists of the website, cut into pages: cards in, one value for every page of a list out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.model.names import Kind
from catalog.site.addresses import HOME, list_page, within_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import PurePosixPath

    from catalog.site.card import Card

CARDS_PER_PAGE = 48


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the site folder; `count` says how many entries are behind it."""

    label: str
    href: str
    count: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list; `first` is the address of the list's first page, `total` counts all its cards."""

    title: str
    first: PurePosixPath
    number: int
    pages: int
    total: int
    cards: tuple[Card, ...]

    @property
    def path(self) -> PurePosixPath:
        """Where this page stands."""
        return list_page(self.first, self.number)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of the cards on this page, in the platform's order."""
        return tuple(kind for kind in Kind if any(card.kind is kind for card in self.cards))

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


def list_pages(title: str, first: PurePosixPath, cards: Sequence[Card]) -> Iterator[ListPage]:
    """The pages of a list; an empty one has one page, which says so."""
    pages = max(1, -(-len(cards) // CARDS_PER_PAGE))
    for number in range(1, pages + 1):
        start = (number - 1) * CARDS_PER_PAGE
        shown = tuple(cards[start : start + CARDS_PER_PAGE])
        yield ListPage(title, first, number, pages, len(cards), shown)
