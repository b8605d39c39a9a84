"""The text of apps.json and tools.json: standard JSON, indented by two spaces, letters as themselves."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from catalog.registry.registry import catalog_json

WHOLE = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WHOLE,
    lambda inner: st.lists(inner) | st.dictionaries(WHOLE, inner),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(WHOLE, VALUES), max_size=4))
def test_a_catalog_file_is_what_the_standard_library_writes_with_an_indent_of_two(
    document: list[dict[str, Any]],
) -> None:
    assert catalog_json(document).decode() == f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"


@given(st.lists(st.dictionaries(WHOLE, st.text(st.sampled_from("a\ud800\n")), max_size=3), max_size=4))
def test_a_catalog_file_holds_half_characters_as_escapes(document: list[dict[str, Any]]) -> None:
    assert json.loads(catalog_json(document)) == document
