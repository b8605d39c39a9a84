"""What stands for a missing picture."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.site.placeholder import MOTIFS, TINTS, initials, placeholder
from tests.site.sample import TEMPLATES

STYLE = (TEMPLATES / "assets" / "catalog.css").read_text(encoding="utf-8")


@given(st.text(), st.text())
def test_the_same_entry_always_has_the_same_placeholder(name: str, title: str) -> None:
    assert placeholder(name, title) == placeholder(name, title)


@given(st.text())
def test_there_are_one_or_two_letters(title: str) -> None:
    assert 1 <= len(initials(title)) <= 2


@pytest.mark.parametrize(
    ("title", "letters"),
    [
        ("Document Chat", "DC"),
        ("Careless", "CA"),
        ("tool-email-mcp", "EM"),
        ("service-vector-store", "VS"),
        ("مكتبة الوثائق", "ما"),
        ("漢字リーダー", "漢字"),
        ("straße", "ST"),
        ("???", "·"),
        ("tool-", "TO"),
    ],
)
def test_the_letters_are_those_that_people_would_choose(title: str, letters: str) -> None:
    assert initials(title) == letters


def test_the_style_sheet_has_every_colour_and_pattern() -> None:
    assert {int(number) for number in re.findall(r"\.tint-(\d+)", STYLE)} == set(range(TINTS))
    assert {int(number) for number in re.findall(r"\.motif-(\d+)", STYLE)} == set(range(MOTIFS))
