"""The search as it runs in the browser, tried in Node."""

from __future__ import annotations

import functools
import random
import string
from typing import TYPE_CHECKING, Any

import pytest

from catalog.site.card import make_card
from catalog.site.facts import NO_FACTS
from scripts.bench.entries import many
from tests.site.scripts import evaluate

if TYPE_CHECKING:
    from catalog.registry.registry import Registry

INDEX = """
const index = search.makeIndex([10, 5, 1]);
given.entries.forEach((texts) => {
  texts.forEach((text, field) => search.addTerms(index, search.termsOf(index, text), field));
  search.endRow(index, [texts[0]]);
});
const found = (typed) => {
  const answer = search.search(index, typed);
  if (!answer) { return null; }
  return [...answer.scores.keys()].filter((row) => answer.scores[row])
    .sort((one, other) => answer.scores[other] - answer.scores[one] || one - other);
};
"""
ENTRIES = [
    ["document-chat", "Ask questions about your own documents", "docker.io/library/redis:7.2 LOG_LEVEL"],
    ["team-board", "A quiet board for tasks", "acme/team-board:v1 SMTP_HOST"],
    ["notebook-lab", "Notebooks beside your models", "jupyter/base:9"],
    ["漢字リーダー", "手書きの文書を読み取ります。", "acme/kanji:v1"],
    ["مكتبة الوثائق", "أرشفة الوثائق والبحث فيها", "x"],
    ["crème-brûlée", "Naïve Straße", "x"],
]


CASES: list[tuple[str, list[int] | None]] = [
    ("document", [0]),
    ("doc", [0]),
    ("cume", [0]),
    ("DOCUMENT chat", [0]),
    ("chat document", [0]),
    ("redis", [0]),
    ("redis:7.2", [0]),
    ("LOG_LEVEL", [0]),
    ("smtp", [1]),
    ("documnet", [0]),
    ("bord", [1]),
    ("noteboook", [2]),
    ("notebok", [2]),
    ("documentchat", [0]),
    ("documentxchat", [0]),
    ("document board", []),
    ("zzzz", []),
    ("漢字", [3]),
    ("漢", [3]),
    ("文書", [3]),
    ("書文", []),
    ("リーダ", [3]),
    ("الوثائق", [4]),
    ("creme brulee", [5]),
    ("CRÈME", [5]),
    ("strasse", [5]),
    ("naive", [5]),
    ("'\"<&", None),
    ("   ", None),
    ("", None),
]


@functools.cache
def answers() -> dict[str, list[int] | None]:
    """What every case finds, asked at once: Node takes longer to start than to search."""
    typed = [case[0] for case in CASES]
    rows = evaluate(f"{INDEX} return given.typed.map(found);", entries=ENTRIES, typed=typed)
    return dict(zip(typed, rows, strict=True))


@pytest.mark.parametrize(("typed", "rows"), CASES)
def test_words_find_entries(typed: str, rows: list[int] | None) -> None:
    assert answers()[typed] == rows


def test_a_name_counts_more_than_a_summary_and_that_more_than_an_image() -> None:
    entries = [["one", "x", "board"], ["two", "board", "x"], ["board", "x", "x"], ["board-game", "x", "x"]]
    assert evaluate(f"{INDEX} return found('board');", entries=entries) == [2, 3, 1, 0]


def test_a_slip_counts_only_where_nothing_is_spelled_like_that() -> None:
    entries = [["chart", "x", "x"], ["chat", "x", "x"], ["charm", "x", "x"]]
    answer = evaluate(
        f"""{INDEX}
        const isAlike = (typed) => search.search(index, typed).isAlike;
        return [found("chart")[0], found("chrat"), isAlike("chart"), isAlike("chrat")];""",
        entries=entries,
    )
    assert answer == [0, [0, 1], False, True]


def test_one_slip_is_a_letter_missing_added_wrong_or_two_exchanged() -> None:
    pairs = [("chat", near) for near in ("cat", "chaat", "chit", "caht", "hat", "cha", "chatt")]
    far = [("chat", "ct"), ("chat", "chaaat"), ("chat", "cith"), ("abcd", "badc"), ("abcd", "dbca")]
    answer = evaluate(
        "return given.pairs.map(([one, other]) => [search.isAlike(one, other), search.isAlike(other, one)]);",
        pairs=pairs + far,
    )
    assert answer == [[True, True]] * len(pairs) + [[False, False]] * len(far)


def test_one_slip_is_judged_as_the_distance_of_damerau_judges_it() -> None:
    chance = random.Random(5)  # noqa: S311
    texts = ["".join(chance.choices("abc", k=chance.randrange(7))) for _ in range(160)]
    pairs = [(one, other) for one in texts[:80] for other in texts[80:]]
    answer = evaluate("return given.pairs.map(([one, other]) => search.isAlike(one, other));", pairs=pairs)
    assert answer == [distance(one, other) <= 1 for one, other in pairs]


def distance(one: str, other: str) -> int:
    """Optimal string alignment, as textbooks have it."""
    rows = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) + 1):
        for j in range(len(other) + 1):
            if not i or not j:
                rows[i][j] = i + j
                continue
            rows[i][j] = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def test_before_the_index_is_ready_texts_are_looked_through() -> None:
    answer = evaluate(
        """const texts = ["Document Chat about crème", "Team board"];
        return given.typed.map((typed) => {
          const found = search.glance(2, (row) => texts[row], typed);
          return found && [...found.scores];
        });""",
        typed=["creme chat", "ocum", "board", "documnet", " "],
    )
    assert answer == [[1, 0], [1, 0], [0, 1], [0, 0], None]


def test_hostile_words_are_only_words() -> None:
    typed = ["constructor", "__proto__", "hasOwnProperty", ".*", "(((", "\\", "a" * 10_000, "\ud800", "%00"]
    entries = [["constructor", "__proto__ toString", "x"]]
    answer = evaluate(f"{INDEX} return given.typed.map(found);", entries=entries, typed=typed)
    assert answer[0] == [0]
    assert answer[2:4] == [[], None]


def slip(name: str, chance: random.Random) -> str:
    """The name with one slip of the keyboard, somewhere."""
    place = chance.randrange(len(name))
    letter = chance.choice(string.ascii_lowercase)
    swapped = name[:place] + name[place + 1 : place + 2] + name[place] + name[place + 2 :]
    made = {
        "missing": name[:place] + name[place + 1 :],
        "added": name[:place] + letter + name[place:],
        "wrong": name[:place] + letter + name[place + 1 :],
        "exchanged": swapped,
    }
    return made[chance.choice(list(made))]


def fields(registry: Registry) -> list[list[str]]:
    cards = [make_card(entry, NO_FACTS) for entry in registry.entries]
    return [[card.name, f"{card.title} {' '.join(card.tags)} {card.summary}", card.author] for card in cards]


def test_of_500_names_with_one_slip_98_percent_are_among_the_first_three() -> None:
    chance = random.Random(12)  # noqa: S311
    entries = fields(many(2000)[0])
    rows = chance.choices([row for row, texts in enumerate(entries) if len(texts[0]) >= 5], k=500)
    cases = [(slip(entries[row][0], chance), row) for row in rows]
    missed: list[Any] = evaluate(
        f"""{INDEX}
        const isMissed = ([typed, row]) => !(found(typed) || []).slice(0, 3).includes(row);
        return given.cases.filter(isMissed);""",
        entries=entries,
        cases=cases,
    )
    print(f"typo recall: {100 - len(missed) / 5:.1f} % of 500, missed: {missed}")
    assert len(missed) <= 10
