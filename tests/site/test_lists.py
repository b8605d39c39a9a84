"""What is new and what was updated are two lists, the latest first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from catalog.site.card import make_card
from catalog.site.lists import LATEST, newest, updated
from tests.site.sample import REGISTRY, sample_facts

if TYPE_CHECKING:
    from catalog.site.card import Card


@cache
def sample() -> Card:
    entry = REGISTRY.entries[0]
    return make_card(entry, sample_facts()[entry.name])


def card(title: str, added: str, changed: str = "") -> Card:
    return replace(sample(), name=title, title=title, added=added, updated=changed or added)


def titles(cards: tuple[Card, ...]) -> list[str]:
    return [card.title for card in cards]


def test_what_the_catalog_began_with_is_not_new() -> None:
    began = [card(f"old {number}", "2026-01-02") for number in range(3)]
    assert newest(began) == ()
    assert titles(newest([*began, card("b", "2026-01-03"), card("a", "2026-01-09")])) == ["a", "b"]


def test_entries_of_one_day_are_in_the_order_of_their_titles() -> None:
    cards = [card("z", "2026-01-01"), card("b", "2026-01-03"), card("a", "2026-01-03"), card("?", "")]
    assert titles(newest(cards)) == ["a", "b"]


def test_no_more_are_shown_than_there_is_room_for() -> None:
    cards = [card(f"{number:02}", f"2026-01-{number:02}") for number in range(1, LATEST + 9)]
    assert len(newest(cards)) == LATEST
    assert newest(cards)[0].title == f"{LATEST + 8:02}"


def test_what_was_added_and_never_changed_was_not_updated() -> None:
    cards = [card("a", "2026-01-01"), card("b", "2026-01-01", "2026-02-01"), card("c", "", "")]
    assert titles(updated(cards)) == ["b"]
