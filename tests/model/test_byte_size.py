"""Bytes for people."""

from __future__ import annotations

import pytest

from catalog.model.byte_size import readable


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_600, "1.0 MB"),
        (1_500_000_000, "1.5 GB"),
        (3_000_000_000_000_000, "3000 TB"),
    ],
)
def test_amounts_have_a_unit_and_two_or_three_digits(size: int, text: str) -> None:
    assert readable(size) == text
