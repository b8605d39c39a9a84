"""The text: every reader takes it for the same data."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.appgarden.emit import HEADER, to_yaml
from catalog.model.yaml_text import WrittenFloat, WrittenInt, read_yaml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LINES = st.lists(
    st.sampled_from(["", " ", "a", " a", "a ", "\ta", "- a", "# a", "a: b", "é🎉", "'", "---"]), max_size=5
)
SCALARS = st.one_of(
    TEXT,
    LINES.map("\n".join),
    st.from_regex(r"[-+0-9.:_eExXobT ]{1,8}", fullmatch=True),
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
)
KEYS = st.one_of(TEXT, LINES.map("\n".join))
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=20,
)
PLAIN = [
    "postgres:15-alpine",
    "redis://redis:6379/0",
    "KEY=value",
    "${VAR:-default}",
    "./data",
    "/app/data",
    "512M",
    "30s",
    "it's",
    'say "hi"',
    "a\\b",
    "a#b",
    "a b c",
    "8000/udp",
    "über",
    "🎉",
    "curl -f http://localhost:8000/health || exit 1",
]
QUOTED = [
    "",
    " a",
    "a ",
    "22:22",
    "on",
    "Off",
    "y",
    "N",
    "yes",
    "NO",
    "True",
    "null",
    "~",
    "0440",
    "0o17",
    "0x1F",
    "0b11",
    "1e3",
    "1_000",
    "1.10",
    "8000",
    "-1",
    "+1",
    ".5",
    ".inf",
    "-.INF",
    ".NaN",
    "2024-01-01",
    "2024-01-01T10:00:00Z",
    "190:20:30.15",
    "<<",
    "=",
    "- a",
    "-",
    "? a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "*a",
    "&a",
    "!a",
    "@a",
    "`a",
    "%a",
    "{a}",
    "[a]",
    "'a'",
    '"a"',
    "|",
    ">",
    "a\tb",
    "a\x85b",
    "\ufeff",
    "a\u2028b",
    "...",
    "---",
]


@pytest.mark.parametrize("text", PLAIN)
def test_text_that_every_reader_takes_for_text_is_plain(text: str) -> None:
    assert to_yaml({"k": text}) == f"{HEADER}\nk: {text}\n"


@pytest.mark.parametrize("text", QUOTED)
def test_text_that_a_reader_could_take_for_something_else_is_quoted(text: str) -> None:
    written = to_yaml({"k": text, text: "v"}).removeprefix(f"{HEADER}\n")
    assert written.startswith('k: "')
    assert read_yaml(written) == yaml.safe_load(written) == {"k": text, text: "v"}


def test_the_text_is_made_of_blocks_for_people() -> None:
    data: Any = {
        "services": {
            "web": {
                "image": "a:1",
                "ports": ["8000"],
                "command": "sh -c '\n  run  \n\n\tnow'\n",
                "nested": [["a", ["b"]], {"c": {"d": None}, "e": [1]}, None, {}, []],
                "empty": {},
                "none": None,
                "deep": [[{"a": "x\ny"}], "p\nq\n"],
            }
        }
    }
    assert to_yaml(data) == (
        f"{HEADER}\n"
        "services:\n"
        "  web:\n"
        "    image: a:1\n"
        "    ports:\n"
        '      - "8000"\n'
        "    command: |\n"
        "      sh -c '\n"
        "        run  \n"
        "\n"
        "      \tnow'\n"
        "    nested:\n"
        "      - - a\n"
        "        - - b\n"
        "      - c:\n"
        "          d:\n"
        "        e:\n"
        "          - 1\n"
        "      - null\n"
        "      - {}\n"
        "      - []\n"
        "    empty: {}\n"
        "    none:\n"
        "    deep:\n"
        "      - - a: |-\n"
        "            x\n"
        "            y\n"
        "      - |\n"
        "        p\n"
        "        q\n"
    )
    assert read_yaml(to_yaml(data)) == data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (WrittenInt(440, "0440"), "0440"),
        (WrittenFloat(1.1, "1.10"), "1.10"),
        (8000, "8000"),
        (1.5, "1.5"),
        (math.inf, ".inf"),
        (-math.inf, "-.inf"),
        (math.nan, ".nan"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_a_number_is_written_as_it_was(value: Any, written: str) -> None:
    assert to_yaml({"k": value}) == f"{HEADER}\nk: {written}\n"


@pytest.mark.parametrize("data", ["a\nb", "8000", 42, None, [], {}, [1, [2]], [None], [{"a": 1}]])
def test_a_document_may_be_anything(data: Any) -> None:
    assert read_yaml(to_yaml(data)) == data


def test_a_key_may_be_longer_than_yaml_looks_for_a_colon() -> None:
    data = {"k" * 2000: {"a": 1}, "x" * 1500 + "\n": [1], "y" * 1200: "text", "z" * 1200: "a\nb\n"}
    assert read_yaml(to_yaml([data])) == [data]


def test_shared_values_are_written_out() -> None:
    shared = {"a": ["b"]}
    text = to_yaml({"x": shared, "y": shared})
    assert "&" not in text
    assert read_yaml(text) == {"x": shared, "y": shared}


def test_long_lines_are_not_folded() -> None:
    text = "word " * 500 + "end"
    assert to_yaml({"k": text}) == f"{HEADER}\nk: {text}\n"


@settings(deadline=None)
@given(DATA)
@example({"a": "\n x\n", "b": "x\n\n", "c": " \n", "d": "\n", "e": "a\n ", "f": "\ta\nb"})
def test_reading_gives_back_what_was_written(data: Any) -> None:
    assert repr(read_yaml(to_yaml(data))) == repr(data)  # equality would take 1 for true


@settings(deadline=None)
@given(st.dictionaries(KEYS, st.one_of(st.lists(TEXT), TEXT, LINES.map("\n".join)), max_size=5))
def test_an_older_reader_reads_the_same_text(data: Any) -> None:
    assert yaml.safe_load(to_yaml(data)) == data
