"""JSON is read strictly, and every refusal says why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.json_text import read_foreign_json, read_json, span_of
from catalog.model.yaml_text import DocumentError, DocumentTooLargeError, DuplicateKeyError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "line", "column", "bracket"),
    [
        ('{\n  "a": 1,\n}', 2, 9, "}"),
        ('{"a": [1, 2, ]}', 1, 12, "]"),
        ('{"a": {"b": 1,\r\n\r\n}, "c": 2}', 1, 14, "}"),
        ("[1\n\n,\n]", 3, 1, "]"),
        ("{,}", 1, 2, "}"),
    ],
)
def test_a_comma_too_many_is_told_at_its_own_place(text: str, line: int, column: int, bracket: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_json(text)
    error = caught.value
    assert (error.line, error.column, error.message) == (line, column, f"a comma stands before {bracket}")
    assert error.hint == "Take that comma away."


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("{a: 1}", 1, 2, "a key in double quotes should stand here"),
        ('{"a": 1\n "b": 2}', 2, 2, "a comma or a closing bracket should stand here"),
        ('{"a" 1}', 1, 6, "a colon should stand here"),
        ('{"a": }', 1, 7, "a value should stand here"),
        ("{} {}", 1, 4, "something stands behind the end"),
        ('{"a": "b}', 1, 7, "the text that starts here has no closing quote"),
        ('{"a": "b\n"}', 1, 9, "a text has a line end or another control character in it"),
        (r'{"a": "\x"}', 1, 8, "invalid \\escape"),
    ],
)
def test_what_is_wrong_is_told_in_plain_words_with_its_place(
    text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read_json(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.message.startswith(message)


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


@pytest.mark.parametrize("number", ["1e999", "-1E+400", f"{'9' * 400}.0"])
def test_a_number_that_would_become_infinity_is_refused(number: str) -> None:
    with pytest.raises(DocumentError, match="too large for a number") as caught:
        read_json(f'{{"a": [{number}]}}')
    assert number[:5] in caught.value.message
    assert len(caught.value.message) < 100


@pytest.mark.parametrize("read", [read_json, read_foreign_json])
@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("NaN", 1, 1, "NaN is not JSON"),
        ('{"a": 1,\n "NaN": [-1, -Infinity]}', 2, 14, "-Infinity is not JSON"),
        (r'["\" Infinity", "1e999", 0.5, Infinity]', 1, 31, "Infinity is not JSON"),
        ('{"a": 1e9,\n"b":\n  -1E999-', 3, 3, "-1E999 is too large for a number"),
    ],
)
def test_a_number_that_json_cannot_write_is_told_at_its_place(
    read: Callable[[str], Any], text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert (caught.value.line, caught.value.column, caught.value.message) == (line, column, message)
    assert caught.value.told == f"line {line}, column {column}: {message}"


def test_json_of_other_tools_is_read_with_keys_that_stand_twice() -> None:
    assert read_foreign_json('{"a": 1, "a": [2.5, 1e300]}') == {"a": [2.5, 1e300]}
    with pytest.raises(DocumentTooLargeError, match="nests too deeply"):
        read_foreign_json("[" * 500_000)
    with pytest.raises(DocumentError, match="digits") as caught:
        read_foreign_json("1" * 5000)
    assert caught.value.told == caught.value.message


@pytest.mark.parametrize("text", ["[" * 65 + "]" * 65, '{"a":' * 65 + "1" + "}" * 65])
def test_what_is_too_deep_is_refused_by_every_python_alike(text: str) -> None:
    with pytest.raises(DocumentTooLargeError, match="deeper than 64 levels"):
        read_json(text)
    assert read_json("[" * 64 + "1" + "]" * 64)


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


@given(st.dictionaries(st.text(), st.none() | st.text() | st.dictionaries(st.text(), st.text()), min_size=1))
@pytest.mark.parametrize("indent", [None, 1])
def test_the_value_of_a_key_is_found_where_it_stands(indent: int | None, value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=indent)
    for key, inner in value.items():
        start, end = span_of(text, key)
        assert json.loads(text[start:end]) == inner


@pytest.mark.parametrize("text", ["{}", '{"b": {"a": 1}}', '\n{ "b" : [1, 2 ] }'])
def test_a_key_that_is_not_there_has_no_place(text: str) -> None:
    with pytest.raises(KeyError):
        span_of(text, "a")
