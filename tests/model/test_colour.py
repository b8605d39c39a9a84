"""Colours: how they stand out from each other (WCAG 2.2), and what they mix to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.colour import Colour

WHITE, BLACK = Colour.parse("#ffffff"), Colour.parse("#000000")
COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3)


@given(COLOURS)
def test_a_colour_is_read_as_it_is_written(colour: Colour) -> None:
    assert Colour.parse(str(colour)) == colour == Colour.parse(str(colour).upper())


@pytest.mark.parametrize("text", ["", "#fff", "0c6b64", "#0c6b6g", "#0c6b64 ", "#0c6b64\n", "teal"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a colour of the form #rrggbb"):
        Colour.parse(text)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert Colour.parse(one).contrast(Colour.parse(other)) == pytest.approx(ratio, abs=0.01)


@given(COLOURS, COLOURS)
def test_contrast_is_the_same_both_ways(one: Colour, other: Colour) -> None:
    assert one.contrast(other) == other.contrast(one)
    assert 1 <= one.contrast(other) <= BLACK.contrast(WHITE)


@given(COLOURS, COLOURS)
def test_mixing_leads_from_one_colour_to_the_other(one: Colour, other: Colour) -> None:
    assert (one.mixed(other, 0), one.mixed(other, 1)) == (one, other)
