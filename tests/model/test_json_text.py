"""JSON is read strictly, and every refusal says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.json_text import read_json
from catalog.model.yaml_text import DocumentError, DocumentTooLargeError, DuplicateKeyError


def test_the_place_of_a_syntax_error_is_told() -> None:
    with pytest.raises(DocumentError) as caught:
        read_json('{\n  "a": 1,\n}')
    assert caught.value.line in {2, 3}


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "1" * 5000, "{'a': 1}", "", '{"a": 1} x'])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        read_json(text)


def test_a_key_that_stands_twice_is_refused_by_name() -> None:
    with pytest.raises(DuplicateKeyError, match="'b'"):
        read_json('{"a": {"c": 1, "b": 1, "b": 2}}')


@pytest.mark.parametrize("text", [r'{"a": ["\ud800"]}', r'{"\udC00\uD800": 1}'])
def test_half_a_surrogate_pair_is_refused_because_no_file_can_hold_it(text: str) -> None:
    with pytest.raises(DocumentError, match="half a surrogate pair"):
        read_json(text)


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert read_json(r'"\ud83d\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize("text", ["[" * 500_000, " " * (1024 * 1024 + 1)])
def test_what_is_too_deep_or_too_large_is_refused(text: str) -> None:
    with pytest.raises(DocumentTooLargeError):
        read_json(text)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        st.lists,
    )
)
def test_json_that_was_written_is_read_back(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
