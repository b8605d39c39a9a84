"""What cannot be printed is written out, so that no text of a file steers the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with ümläuts and 漢字", "plain, with ümläuts and 漢字"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\u202eb", "a\\u202eb"),
        ("one\ntwo", "one\\x0atwo"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_lines_may_stay_lines() -> None:
    assert visible("one\ntwo\x07", but="\n") == "one\ntwo\\x07"


@given(st.text())
def test_what_is_shown_can_be_printed(text: str) -> None:
    assert visible(text).isprintable()
