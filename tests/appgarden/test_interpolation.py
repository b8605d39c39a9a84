"""Variables: Compose's grammar, defaults only."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.appgarden.interpolation import (
    UnresolvedVariableError,
    filled,
    resolved,
    split,
    variables_without_default,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${A:-b}", "b"),
        ("${A-b}", "b"),
        ("${A:-}", ""),
        ("${A:+b}x", "x"),
        ("${A+b}", ""),
        ("${A:+$B}", ""),
        ("x${A:-b}y${C:-d}z", "xbydz"),
        ("${A:-${B:-c}}", "c"),
        ("$$HOME", "$HOME"),
        ("$$${A:-b}", "$b"),
        ("100$", "100$"),
        ("$1", "$1"),
        ("${A", "${A"),
        ("${1:-b}", "${1:-b}"),
        ("${}", "${}"),
        ("${A:-http://b:80/{x}", "http://b:80/{x"),
    ],
)
def test_variables_take_their_defaults(text: str, value: str) -> None:
    assert resolved(text) == value


@pytest.mark.parametrize("text", ["$A", "${A}", "${A:?why}", "${A?}", "x${A}y", "${B:-${A}}"])
def test_a_variable_without_a_default_is_named(text: str) -> None:
    with pytest.raises(UnresolvedVariableError, match="variable A ") as caught:
        resolved(text)
    assert caught.value.name == "A"
    assert list(variables_without_default(text)) == ["A"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("$A and ${A}", "1 and 1"),
        ("a-${NONE}-$NONE", "a--"),
        ("${A:-x}${EMPTY:-x}${EMPTY-x}${NONE-x}", "1xx"),
        ("${A:+x}${EMPTY:+x}${EMPTY+y}${NONE+x}", "xy"),
        ("${A:?why}${NONE:?why}", "1"),
        ("${NONE:-${A}}", "1"),
        ("$$A", "$A"),
        ("${DOLLAR}", "$A"),
        ("${X:-" * 20 + "x" + "}" * 20, ""),
    ],
)
def test_what_is_set_comes_before_defaults(text: str, value: str) -> None:
    assert filled(text, {"A": "1", "EMPTY": "", "DOLLAR": "$A"}) == value


def test_defaults_nest_only_so_deep() -> None:
    text = "${A:-" * 5000 + "x" + "}" * 5000
    with pytest.raises(UnresolvedVariableError):
        resolved(text)
    assert list(variables_without_default(text)) == []


def test_a_text_without_variables_needs_none() -> None:
    assert list(variables_without_default("$$A ${B:-c} plain")) == []


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a:b:c", ["a", "b", "c"]),
        ("${A:-x}:${B:-y:z}:c", ["${A:-x}", "${B:-y:z}", "c"]),
        ("${A:-${B:-c}}:d", ["${A:-${B:-c}}", "d"]),
        ("a:${B", ["a", "${B"]),
    ],
)
def test_text_is_cut_outside_of_variables(text: str, pieces: list[str]) -> None:
    assert split(text) == pieces


@given(st.text(alphabet="aA:${}-?+ \n", max_size=30))
def test_a_text_is_resolved_exactly_when_it_needs_nothing(text: str) -> None:
    assert ":".join(split(text)) == text
    needed = list(variables_without_default(text))
    with pytest.raises(UnresolvedVariableError) if needed else nullcontext():
        resolved(text)
