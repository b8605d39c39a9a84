"""The categories and tags of the website: cards in, links with counts and the cards of each out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec import Struct

from catalog.site.addresses import category_page, tag_page, within_site
from catalog.site.lists import CardList, Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import PurePosixPath

    from catalog.site.card import Card


class Topic(Struct, frozen=True):
    """One category or tag with its cards, in the order in which they were given."""

    label: str
    cards: tuple[Card, ...]
    list: CardList

    @property
    def link(self) -> Link:
        """The link to its list; counted is what that shows at first, as its filters count."""
        return Link(self.label, within_site(self.list.first), _shown(self.cards))


def categories(cards: Iterable[Card]) -> tuple[Topic, ...]:
    """The categories, those with most entries first."""
    return _topics(_Kind("Category", "category", category_page), cards, lambda card: (card.category,))


def tags(cards: Iterable[Card]) -> tuple[Topic, ...]:
    """The tags, those with most entries first."""
    return _topics(_Kind("Tag", "tag", tag_page), cards, lambda card: card.tags)


class _Kind(Struct, frozen=True):
    """What the topics of one kind are called, the key of their facet, and where their pages stand."""

    name: str
    key: str
    page: Callable[[str], PurePosixPath]


def _topics(
    kind: _Kind, cards: Iterable[Card], labels_of: Callable[[Card], tuple[str, ...]]
) -> tuple[Topic, ...]:
    members: dict[str, list[Card]] = {}
    for card in cards:
        for label in labels_of(card):
            members.setdefault(label, []).append(card)
    return tuple(_topic(kind, label, members) for label in sorted(members, key=_most_first(members)))


def _most_first(members: Mapping[str, list[Card]]) -> Callable[[str], tuple[int, str, str]]:
    return lambda label: (-_shown(members[label]), label.casefold(), label)


def _shown(cards: Iterable[Card]) -> int:
    return sum(not card.is_deprecated for card in cards)


def _topic(kind: _Kind, label: str, members: Mapping[str, list[Card]]) -> Topic:
    within = f"?{kind.key}={quote(label, safe='', errors='replace')}"
    return Topic(label, tuple(members[label]), CardList(label, kind.page(label), within, kind.name))
