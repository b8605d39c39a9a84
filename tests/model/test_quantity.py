"""One is one, and more are many."""

from __future__ import annotations

import pytest

from catalog.model.quantity import quantity


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("image",), "0 images"),
        (1, ("image",), "1 image"),
        (2, ("image",), "2 images"),
        (5000, ("file",), "5,000 files"),
        (1, ("library", "libraries"), "1 library"),
        (3, ("library", "libraries"), "3 libraries"),
    ],
)
def test_a_number_has_the_noun_that_fits(number: int, words: tuple[str, ...], said: str) -> None:
    assert quantity(number, *words) == said
