"""Which entries are shown, how many stand behind each value, and the address that says so."""

from __future__ import annotations

import functools
import random
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode

import pytest

from catalog.site.card import make_card
from catalog.site.facets import FACETS, RESERVED_KEYS
from catalog.site.search_data import search_script
from scripts.bench.entries import many
from tests.site.sample import REGISTRY, sample_facts
from tests.site.scripts import evaluate, opened

if TYPE_CHECKING:
    from catalog.site.card import Card

STATES = 1000
OPEN = "const catalog = data.open(given.catalog); const all = [...catalog.name.keys()];"
State = dict[str, Any]


@functools.cache
def cards() -> tuple[Card, ...]:
    registry, facts = many(400)
    made = [make_card(entry, facts[entry.name]) for entry in registry.entries]
    return tuple(sorted(made, key=lambda card: (card.title.casefold(), card.name)))


def document(shown: tuple[Card, ...]) -> Any:
    content = search_script(shown).content
    assert isinstance(content, bytes)
    return opened(content)


@functools.cache
def catalog() -> Any:
    return document(cards())


def values(key: str) -> list[str]:
    return [value[0] for facet in catalog()["facets"] if facet["key"] == key for value in facet["values"]]


@functools.cache
def states() -> list[State]:
    """States as people might reach them, and a few that nobody would."""
    chance = random.Random(3)  # noqa: S311
    made = []
    for _ in range(STATES):
        keys = chance.sample(
            [facet.key for facet in FACETS if len(values(facet.key)) > 1], chance.randrange(4)
        )
        chosen = {
            key: sorted(chance.sample(range(len(values(key))), 1 + chance.randrange(2))) for key in keys
        }
        made.append(
            {
                "q": chance.choice(["", "", "", "chat", "a & b=c#d%20+", "漢字", " board "]),
                "chosen": chosen,
                "sort": chance.choice(["", "updated", "added", "size"]),
                "deprecated": chance.random() < 0.3,
                "compare": chance.sample([card.name for card in cards()], chance.randrange(4)),
            }
        )
    return made


@functools.cache
def selections() -> list[Any]:
    """What the page would show for every state, asked at once: Node takes longer to start than to count."""
    body = """return given.states.map((state) => {
      const { rows, counts, hidden } = filters.select(catalog, state, all, null);
      const plain = Object.entries(counts).map(([key, numbers]) => [key, [...numbers]]);
      return { rows, hidden, counts: Object.fromEntries(plain) };
    });"""
    answer: list[Any] = evaluate(OPEN + body, catalog=catalog(), states=states())
    return answer


@functools.cache
def members(key: str) -> list[int]:
    """For each value of a facet the cards that have it, as the bits of a number."""
    facet = next(facet for facet in FACETS if facet.key == key)
    return [
        sum(1 << row for row, card in enumerate(cards()) if word in facet.words_of(card))
        for word in values(key)
    ]


def shown(state: State) -> int:
    """The cards that a state shows, worked out from the cards themselves, as bits."""
    rows = (1 << len(cards())) - 1
    for key, numbers in state["chosen"].items():
        if numbers:
            rows &= functools.reduce(lambda one, other: one | other, (members(key)[n] for n in numbers))
    if not state["chosen"].get("status") and not state["deprecated"]:
        rows &= ~members("status")[values("status").index("deprecated")]
    return rows


def clicked(state: State, key: str, number: int) -> State:
    return {**state, "chosen": {**state["chosen"], key: [number]}}


def test_a_thousand_states_show_what_they_should() -> None:
    for state, selection in zip(states(), selections(), strict=True):
        assert sum(1 << row for row in selection["rows"]) == shown(state), state


def test_counts_equal_the_length_of_the_list_after_the_click_in_a_thousand_states() -> None:
    checked = 0
    for state, selection in zip(states(), selections(), strict=True):
        for key, counts in selection["counts"].items():
            for number, count in enumerate(counts):
                assert count == shown(clicked(state, key, number)).bit_count(), (state, key, number)
                checked += 1
    print(f"facet counts: {checked} counts of {STATES} states equal the list after the click")


def test_deprecated_entries_are_hidden_and_counted() -> None:
    for state, selection in zip(states(), selections(), strict=True):
        everything = shown({**state, "deprecated": True}).bit_count()
        assert selection["hidden"] == everything - shown(state).bit_count()


def test_any_state_comes_back_from_its_address() -> None:
    body = """return given.states.map((state) => {
      const address = filters.writeAddress(catalog, state);
      return [filters.tidy(catalog, state), filters.readAddress(catalog, address), address,
        filters.writeAddress(catalog, filters.readAddress(catalog, address))];
    });"""
    answers = evaluate(OPEN + body, catalog=catalog(), states=states())
    for tidied, read, address, again in answers:
        assert read == tidied
        assert address == again
    print(f"addresses: {len(answers)} states came back")


def test_any_word_of_any_entry_comes_back_from_its_address() -> None:
    sample = tuple(make_card(entry, sample_facts()[entry.name]) for entry in REGISTRY.entries[:3])
    sample += tuple(make_card(entry, sample_facts()["tool-git"]) for entry in REGISTRY.entries)
    body = """return catalog.facets.flatMap((facet) => facet.words.map((word, number) => {
      const state = { ...filters.emptyState(), chosen: { [facet.key]: [number] } };
      return [facet.key, number, filters.readAddress(catalog, filters.writeAddress(catalog, state)).chosen];
    }));"""
    for key, number, chosen in evaluate(OPEN + body, catalog=document(sample)):
        assert chosen == {key: [number]}


def read(query: str) -> State:
    state: State = evaluate(
        OPEN + "return filters.readAddress(catalog, given.query);", catalog=catalog(), query=query
    )
    return state


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "bogus"},
        {"sort": "bogus"},
        {"sort": "__proto__"},
        {"deprecated": "maybe"},
        {"compare": "nobody"},
        {"tag": "\ud800".encode("utf-8", "surrogatepass")},
        {"unknown": "x"},
        {"__proto__": "x"},
    ],
    ids=str,
)
def test_a_bad_value_in_the_address_drops_only_its_own_key(bad: dict[str, Any]) -> None:
    name = cards()[0].name
    good = {"q": "chat", "risk": "2", "sort": "size", "compare": name}
    state = read("?" + urlencode({**good, **bad} if "sort" not in bad else {**good, "sort": bad["sort"]}))
    expected = {
        "q": "chat",
        "chosen": {"risk": [values("risk").index("2")]},
        "sort": "" if "sort" in bad else "size",
        "deprecated": False,
        "compare": [] if "compare" in bad else [name],
    }
    assert state == expected


def test_a_bad_value_beside_a_good_one_leaves_the_good_one() -> None:
    assert read("?kind=bogus&kind=app&kind=app&kind=")["chosen"] == {"kind": [values("kind").index("app")]}


@pytest.mark.parametrize(
    "query", ["", "?", "?&&&=", "?%", "?q=%E0%A4%A", "?=x", "?q=", "?q=%20%20", "?sort=relevance"]
)
def test_an_address_that_says_nothing_shows_everything(query: str) -> None:
    state = read(query)
    assert state["chosen"] == {}
    assert state["sort"] == ""


def test_orders_are_by_best_match_name_newest_or_smallest_and_the_unknown_last() -> None:
    body = """const scores = all.map((row) => row % 7 + 1);
    return ["name", "updated", "added", "size", ""].map((sort) => {
      const state = { ...filters.emptyState(), q: sort ? "" : "x", sort, deprecated: true };
      return filters.select(catalog, state, all, scores).rows;
    });"""
    name, updated, added, size, best = evaluate(OPEN + body, catalog=catalog())
    known = cards()
    everything = range(len(known))
    assert name == list(everything)
    assert updated == sorted(everything, key=lambda row: known[row].updated, reverse=True)
    assert added == sorted(everything, key=lambda row: known[row].added, reverse=True)
    bytes_of = [known[row].profile.size for row in size]
    sized = [number for number in bytes_of if number is not None]
    assert sized == sorted(sized)
    assert None not in bytes_of[: len(sized)]
    assert best == sorted(everything, key=lambda row: -(row % 7))


def test_a_page_about_a_category_stays_within_it() -> None:
    category = values("category")[0]
    body = "return filters.rowsWithin(catalog, filters.readAddress(catalog, given.query));"
    rows = evaluate(OPEN + body, catalog=catalog(), query="?category=" + quote(category))
    assert rows == [row for row, card in enumerate(cards()) if card.category == category]


def test_every_facet_has_a_key_of_its_own_that_addresses_do_not_use_otherwise() -> None:
    keys = [facet.key for facet in FACETS]
    assert len(set(keys)) == len(keys)
    assert RESERVED_KEYS.isdisjoint(keys)
    assert {"kind", "category", "tag", "risk", "reason", "verified", "licence"} <= set(keys)
    assert {"arch", "gpu", "airgap", "model", "status"} <= set(keys)


def test_the_words_of_every_card_are_values_of_its_facet() -> None:
    for facet in FACETS:
        words = {value.word for value in facet.values(cards())}
        assert {word for card in cards() for word in facet.words_of(card)} <= words


def test_every_facet_can_be_written_into_an_address() -> None:
    body = """return catalog.facets.map((facet) =>
      filters.writeAddress(catalog, { ...filters.emptyState(), chosen: { [facet.key]: [0] } }));"""
    written = evaluate(OPEN + body, catalog=catalog())
    assert [list(parse_qs(query[1:])) for query in written if query] == [
        [facet.key] for facet in FACETS if values(facet.key)
    ]
