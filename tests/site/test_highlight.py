"""Colouring source code."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.site.highlight import CLASSES, MAX_CHARACTERS, highlight_code, highlight_yaml

TAG = re.compile(r"<[^>]*>")


@given(st.text(alphabet=st.sampled_from("ab:# -'\"\n{}$<>&\\0.") | st.characters(codec="utf-8")))
def test_colouring_yaml_changes_no_character(text: str) -> None:
    assert html.unescape(TAG.sub("", highlight_yaml(text))) == html.unescape(html.escape(text, quote=False))


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("image: redis:7", ["nt:image"]),
        ("  - a/b.c: 1", ["p:  -", "nt:a/b.c", "m:1"]),
        ('x: "a: b # c"', ["nt:x", 's:"a: b # c"']),
        ("x: y # note", ["nt:x", "c:# note"]),
        ("x: true", ["nt:x", "kc:true"]),
        ("x: ${A:-b} {app_port}", ["nt:x", "nv:${A:-b}", "nv:{app_port}"]),
        ("url: http://a/#b", ["nt:url"]),
    ],
)
def test_the_parts_of_yaml_are_told_apart(line: str, marked: list[str]) -> None:
    spans = re.findall(r'<span class="(\w+)">(.*?)</span>', highlight_yaml(line))
    assert [f"{name}:{text}" for name, text in spans] == marked


def test_every_class_for_yaml_is_one_of_pygments() -> None:
    spans = re.findall(r'class="(\w+)"', highlight_yaml("- a: 'b' # c\n- d: null\n  e: 1\n  f: ${G}"))
    assert set(spans) == {"p", "nt", "s", "c", "kc", "m", "nv"}
    assert set(spans) <= CLASSES


def test_a_known_language_is_coloured() -> None:
    assert '<span class="k">return</span>' in highlight_code("return 1", "python")


@pytest.mark.parametrize("language", ["", "klingon", '"><script>'])
def test_an_unknown_language_is_only_escaped(language: str) -> None:
    assert highlight_code("<b>", language) == "&lt;b&gt;"


def test_very_long_code_stays_plain() -> None:
    assert "<span" not in highlight_code("return 1\n" * MAX_CHARACTERS, "python")


def test_a_line_of_variables_without_end_is_coloured_in_no_time() -> None:
    line = "${A:-" * 100_000
    assert highlight_yaml(line) == line
