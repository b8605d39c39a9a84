"""The number beside a category or tag is that of the entries which its list shows at first."""

from __future__ import annotations

from catalog.model.manifest import CatalogNotes
from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.card import Card, make_card
from catalog.site.facts import NO_FACTS, SiteFacts
from catalog.site.topics import categories, tags

DEPRECATED = SiteFacts(notes=CatalogNotes(status="deprecated"))


def card(name: str, category: str, facts: SiteFacts = NO_FACTS) -> Card:
    return make_card(Entry(name, Kind.APP, {"category": category, "tags": [f"{category}-tag"]}), facts)


CARDS = [card("a", "old", DEPRECATED), card("b", "old", DEPRECATED), card("c", "new"), card("d", "old")]


def test_deprecated_entries_are_in_the_list_of_a_topic_and_not_in_its_number() -> None:
    counted = {
        topic.label: (topic.link.count, len(topic.cards)) for topic in (*categories(CARDS), *tags(CARDS))
    }
    assert counted == {"old": (1, 3), "new": (1, 1), "old-tag": (1, 3), "new-tag": (1, 1)}


def test_topics_stand_in_the_order_of_their_numbers() -> None:
    cards = [*CARDS, card("e", "new")]
    assert [topic.label for topic in categories(cards)] == ["new", "old"]
