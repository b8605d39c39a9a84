"""YAML is read as version 1.2 with bounds, and every refusal says where."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.yaml_text import (
    DocumentError,
    DocumentTooLargeError,
    DuplicateKeyError,
    WrittenInt,
    read_yaml,
    scalar_value,
)

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))
TEXT_TO_BOTH = TEXT.filter(lambda text: scalar_value(text) == text)
"""Text that YAML 1.2 takes for text without quotes; PyYAML writes 1.1, where `0E0` is text too."""


def documents(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | st.integers() | text,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
        ),
        max_leaves=20,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:22", "22:22"),
        ("on", "on"),
        ("yes", "yes"),
        ("2024-01-01", "2024-01-01"),
        ("0440", 440),
        ("0o17", 15),
        ("0xff", 255),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("True", True),
        ("~", None),
        ("", None),
        ("'~'", "~"),
        ("! 12", "12"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("=", "="),
        ("1_000", "1_000"),
        ("+", "+"),
        ("9" * 41, float("9" * 41)),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text: str, value: Any) -> None:
    assert read_yaml(text) == value


def test_a_number_remembers_how_it_was_written() -> None:
    value = read_yaml("mode: 0440")["mode"]
    assert isinstance(value, WrittenInt)
    assert value.text == "0440"


@pytest.mark.parametrize("text", ["0440", "1.10"])
def test_a_copy_of_such_a_number_remembers_it_too(text: str) -> None:
    value = read_yaml(text)
    pickled = pickle.loads(pickle.dumps(value))  # noqa: S301  # we made it in this line
    for copied in (copy.deepcopy(value), pickled):
        assert (copied, copied.text) == (value, text)


def test_merge_keys_are_expanded_and_own_keys_win() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 0}\nd: {<<: *a}"
    data = read_yaml(text)
    assert data["c"] == {"x": 0, "y": 1, "z": 2}
    assert data["d"] == {"x": 1, "y": 1}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert read_yaml('"<<": 1') == {"<<": 1}


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read_yaml("8080: a\ntrue: b") == {"8080": "a", "true": "b"}


def test_anchors_on_keys_and_values_can_be_named_again() -> None:
    data = read_yaml("a: &v 1\nb: *v\n&k c: 2\nd: {? *k : 3}")
    assert data == {"a": 1, "b": 1, "c": 2, "d": {"c": 3}}


@pytest.mark.parametrize(
    ("text", "error", "line", "column"),
    [
        ("a: 1\na: 2", DuplicateKeyError, 2, 1),
        ("a: [1", DocumentError, 2, 1),
        ("a: *b", DocumentError, 1, 4),
        ("&a [*a]", DocumentError, 1, 5),
        ("--- 1\n--- 2", DocumentError, 2, 1),
        ("a: !reset 1", DocumentError, 1, 4),
        ("a: !reset [1]", DocumentError, 1, 4),
        ("? [1]\n: 2", DocumentError, 1, 3),
        ("a: &x 1\n? *x\n: 2", DocumentError, 2, 3),
        ("<<: 1", DocumentError, 1, 1),
        ("a:\n\t- 1", DocumentError, 2, 1),
        ("a: 1\nb: \ud800", DocumentError, 2, 4),
        ("[" * 200_000, DocumentTooLargeError, 1, 65),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    text: str, error: type[DocumentError], line: int, column: int
) -> None:
    with pytest.raises(error) as caught:
        read_yaml(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_control_character_is_refused() -> None:
    with pytest.raises(DocumentError, match="control characters"):
        read_yaml("a: \x00")


def test_a_bomb_of_aliases_is_refused_before_it_is_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    with pytest.raises(DocumentTooLargeError, match="aliases"):
        read_yaml("\n".join(lines))


def test_a_text_over_the_bound_is_refused() -> None:
    with pytest.raises(DocumentTooLargeError, match="characters"):
        read_yaml("#" * (1024 * 1024 + 1))


@given(documents(TEXT))
def test_json_is_read_as_json_reads_it(value: Any) -> None:
    assert read_yaml(json.dumps(value, ensure_ascii=False)) == value


@given(documents(TEXT_TO_BOTH))
def test_what_pyyaml_writes_is_read_back(value: Any) -> None:
    assert read_yaml(yaml.safe_dump(value, allow_unicode=True)) == value


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@#,? \n\t0\ud800", max_size=60))
def test_any_text_gives_a_value_or_an_error_with_a_message(text: str) -> None:
    message = "read"
    try:
        read_yaml(text)
    except DocumentError as error:
        message = error.message
    assert message
