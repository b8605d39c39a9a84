"""Names follow the platform's grammar and prefixes."""

from __future__ import annotations

import pytest

from catalog.model.names import Kind, is_name, kind_by_prefix, with_prefix


@pytest.mark.parametrize("name", ["a", "field-notes", "tool-x2", "a" * 63])
def test_lower_case_words_with_hyphens_are_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "A", "1a", "-a", "a-", "a b", "a.b", "a_b", "ä", "..", "a" * 64, "a\n"])
def test_anything_else_is_not(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("tool-x", Kind.TOOL), ("MCP-x", Kind.TOOL), ("service-x", Kind.SERVICE), ("toolbox", Kind.APP)],
)
def test_the_platform_reads_the_kind_out_of_the_prefix(name: str, kind: Kind) -> None:
    assert kind_by_prefix(name) is kind


def test_a_prefix_is_added_once_and_never_to_apps() -> None:
    assert with_prefix("x", Kind.TOOL) == "tool-x"
    assert with_prefix("mcp-x", Kind.TOOL) == "mcp-x"
    assert with_prefix("service-x", Kind.SERVICE) == "service-x"
    assert with_prefix("x", Kind.APP) == "x"
