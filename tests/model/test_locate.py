"""Findings get the line and column of what they are about."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from catalog.model import codes
from catalog.model.locate import located, places


def all_places(text: str, *, is_json: bool) -> dict[Any, Any]:
    return dict(places(text, is_json=is_json))


FILE = PurePosixPath("apps/a/docker-compose.yml")


def test_keys_and_items_are_found_in_yaml() -> None:
    found = all_places("services:\n  web:\n    ports:\n      - '80'\n      - '81'\n", is_json=False)
    assert found["services", "web"] == (2, 3)
    assert found["services", "web", "ports", 1] == (5, 9)


def test_keys_are_found_in_json_with_tabs_and_surrogates() -> None:
    found = all_places('{\n\t"a": "\\ud83d\\ude00 \\/",\n\t"b": [1, {"c": 2}]\n}', is_json=True)
    assert found["b", 1, "c"] == (3, 12)


def test_keys_are_found_in_json_behind_characters_that_yaml_refuses() -> None:
    found = all_places('{"a": "It\x92s \x7f \ufeff \uffff",\n "b": 1}', is_json=True)
    assert found["b",] == (2, 2)


def test_places_before_a_syntax_error_are_kept() -> None:
    assert all_places("a: 1\nb: [", is_json=False)["a",] == (1, 1)


def test_a_pointer_to_what_is_not_there_shows_the_nearest_place_above() -> None:
    finding = codes.FIELD_MISSING.at(FILE, "x", ("a", "missing", 3))
    (placed,) = located([finding], {FILE: "z: 1\na:\n  b: 1\n"})
    assert (placed.line, placed.column) == (2, 1)


def test_a_finding_in_a_file_that_was_not_read_stays_without_place() -> None:
    (placed,) = located([codes.FILE_MISSING.at(FILE, "x")], {})
    assert placed.line is None


@given(st.text(alphabet="ab:-[]{}&*!'\" \n\t0,?\ud800", max_size=80), st.booleans())
def test_any_text_can_be_searched(text: str, is_json: bool) -> None:
    file = FILE.with_suffix(".json") if is_json else FILE
    (placed,) = located([codes.FIELD_INVALID.at(file, "x", ("a", 0, "b"))], {file: text})
    assert placed.line
    assert 1 <= placed.line <= text.count("\n") + 2


def test_every_key_and_item_of_a_document_has_its_place() -> None:
    data = {"a": [1, {"b": [], "c": {}}], "d": {"e": "f"}, "g": None}
    found = all_places(json.dumps(data), is_json=True)
    pointers = [("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("a", 1, "c"), ("d",), ("d", "e"), ("g",)]
    assert list(found) == pointers


def test_a_finding_that_has_its_place_keeps_it() -> None:
    finding = replace(codes.SYNTAX.at(FILE, "x"), line=7, column=2)
    assert located([finding], {FILE: "a: 1"}) == (finding,)
