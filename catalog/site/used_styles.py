"""Leaves out of a style sheet what no page has a use for: the rules for classes that appear nowhere.

A theme brings rules for all that it can show; most of it never stands on a page of ours, and every page would
wait for it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import tinycss2
from tinycss2.ast import AtRule, IdentToken, LiteralToken, QualifiedRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tinycss2.ast import Node

_HOLDS_RULES = frozenset({"media", "supports", "layer"})


def used_styles(sheet: str, words: Collection[str]) -> str:
    """The style sheet without selectors that ask for a class that is not among `words`.

    What a function such as `:not()` or `:is()` asks for does not count. The rest stays as it is spelled.
    """
    return "".join(_kept(tinycss2.parse_stylesheet(sheet), words))


def _kept(rules: Sequence[Node], words: Collection[str]) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            selectors = [
                one for one in _selectors(rule.prelude) if all(name in words for name in _classes(one))
            ]
            if selectors:
                yield f"{','.join(map(tinycss2.serialize, selectors))}{{{tinycss2.serialize(rule.content)}}}"
        elif isinstance(rule, AtRule) and rule.content is not None and rule.lower_at_keyword in _HOLDS_RULES:
            inner = "".join(_kept(tinycss2.parse_rule_list(rule.content), words))
            if inner:
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}"
        else:
            yield rule.serialize()


def _selectors(prelude: Sequence[Node]) -> Iterator[list[Node]]:
    """The parts between the commas."""
    part: list[Node] = []
    for node in prelude:
        if node == ",":
            yield part
            part = []
        else:
            part.append(node)
    yield part


def _classes(selector: Sequence[Node]) -> Iterator[str]:
    for before, node in pairwise(selector):
        if isinstance(before, LiteralToken) and before == "." and isinstance(node, IdentToken):
            yield node.value
