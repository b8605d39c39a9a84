"""What is kept comes back as it was: an extension and a card are equal after a way through JSON."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from catalog.model import codes
from catalog.model.names import Kind
from catalog.operations.kept_extensions import _form as extension_form
from catalog.operations.prepare import ImageUse, Prepared
from catalog.registry.layout import RepositoryVersion
from catalog.registry.registry import Entry
from catalog.site.card import make_card
from catalog.site.facts import NO_FACTS
from catalog.site.kept_pages import _form as card_form
from tests.site.sample import REGISTRY, sample_facts

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def exact(value: object) -> str:
    """A value with its types and the order of its keys, which `==` does not look at."""
    return repr(value)


@pytest.mark.slow
@given(st.dictionaries(texts, values, max_size=4), texts)
def test_an_extension_comes_back_as_it_was(data: dict[str, Any], text: str) -> None:
    finding = codes.FILE_MISSING.at(PurePosixPath("apps/a/x"), text, ("a", 0), text)
    made = Prepared(
        name="a",
        entries={RepositoryVersion.V1: Entry("a", Kind.APP, data)},
        findings=(replace(finding, line=3, column=1),),
        readme=text,
        picture=text or None,
        uses=(ImageUse(text, "web"),),
    )
    line = extension_form().line(made)
    assert line is not None
    assert b"\n" not in line
    assert exact(extension_form().value(line)) == exact(made)


@pytest.mark.parametrize("entry", REGISTRY.entries, ids=lambda entry: entry.name)
def test_a_card_comes_back_as_it_was(entry: Entry) -> None:
    card = make_card(entry, sample_facts().get(entry.name, NO_FACTS))
    assert exact(card_form().value(card_form().line(card))) == exact(card)


def test_text_that_no_file_can_hold_is_not_kept() -> None:
    assert extension_form().line(Prepared("a", {}, (), readme="half a character: \ud83d")) is None


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"name": 1}', b"\xff"])
def test_a_line_that_says_something_else_is_no_value(line: bytes) -> None:
    assert extension_form().value(line) is None
