"""The tables of suppressions are read as they are meant, or refused with what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.errors import UsageError
from catalog.model.suppression import NO_SUPPRESSIONS, Suppression
from catalog.workspace.suppressions import load_suppressions
from tests.support.trees import tree

if TYPE_CHECKING:
    from pathlib import Path


def test_every_line_is_read_with_its_reason_and_its_place(tmp_path: Path) -> None:
    text = (
        '[catalog]\nKZ311 = 1\n\n[suppress."my-app"]  # why\nKZ311 = "nightly"\n"KZ312" = "own host"\n'
        "[ suppress . other ]\nKZ311 = 'x'\n[suppress]\ninline = {KZ013 = \"y\"}\n"
    )
    tree(tmp_path, {"catalog.toml": text})
    assert list(load_suppressions(tmp_path).known.values()) == [
        Suppression("my-app", "KZ311", "nightly", 5),
        Suppression("my-app", "KZ312", "own host", 6),
        Suppression("other", "KZ311", "x", 8),
        Suppression("inline", "KZ013", "y", None),
    ]


@pytest.mark.parametrize("files", [{}, {"catalog.toml": ""}, {"catalog.toml": "[suppress]\n"}])
def test_a_workspace_without_any_suppresses_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    tree(tmp_path, files)
    assert load_suppressions(tmp_path) is NO_SUPPRESSIONS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("suppress = 1", "must be a table"),
        ("[suppress]\nnotes = 'KZ311'", "must be a table of codes with reasons"),
        ("[suppress.notes]\nKZ999 = 'x'", "no finding's code"),
        ("[suppress.notes]\nKZ218 = 'x'", "has KZ218, which is an error"),
        ("[suppress.notes]\nKZ311 = ''", "without a reason"),
        ("[suppress.notes]\nKZ311 = ' '", "without a reason"),
        ("[suppress.notes]\nKZ311 = true", "without a reason"),
        ("[suppress.notes", "cannot be read"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    tree(tmp_path, {"catalog.toml": text})
    with pytest.raises(UsageError, match=message) as caught:
        load_suppressions(tmp_path)
    assert caught.value.hint
