"""The table has every rule, and every code of ours is found by something."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

import pytest

from catalog import rules
from catalog.model import codes
from catalog.model.codes import ALL_CODES
from catalog.rules.subject import findings_of_transform
from catalog.rules.table import RULES, Check, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FunctionType

READING = {
    codes.FIELD_MISSING,
    codes.FIELD_INVALID,
    codes.VERSION_INVALID,
    codes.CONSTRAINT_INVALID,
    codes.IMAGE_INVALID,
}
FOR_REPOSITORY = {codes.CONSTRAINT_MISSING}
OF_A_FILE = {codes.PICTURE_UNREADABLE, codes.PREVIEW_CONTENT}
"""What reading a picture finds, for a check or for the website."""
OF_A_WORKSPACE = {codes.PREVIEW_SHARED, codes.IMAGE_NOT_HERE}
"""What several extensions together get wrong, or what the engine lacks."""


def test_every_code_of_manifest_app_garden_file_and_picture_is_found_by_something() -> None:
    listed = {code for rule in RULES for code in rule.codes} | READING | FOR_REPOSITORY
    ours = {code for code in ALL_CODES if code.id[:3] in {"KZ1", "KZ3", "KZ4"}}
    assert ours - listed - OF_A_FILE - OF_A_WORKSPACE == set()


def test_every_public_function_of_a_rule_module_stands_in_the_table() -> None:
    before_the_rules = {findings_of_transform}
    assert set(_checks()) - before_the_rules == {rule.check for rule in RULES}


def _checks() -> Iterator[Check]:
    """Every public function of the package that takes a subject and gives findings."""
    for _, name, _ in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        module = importlib.import_module(name)
        for function_name, function in inspect.getmembers(module, inspect.isfunction):
            is_own = function.__module__ == name and not function_name.startswith("_")
            if is_own and _is_check(function):
                yield function


def _is_check(function: FunctionType) -> bool:
    kinds = [parameter.annotation for parameter in inspect.signature(function).parameters.values()]
    return kinds == ["Subject"] and "Finding" in function.__annotations__["return"]


def test_no_code_is_given_twice() -> None:
    numbers = [code.id for code in ALL_CODES]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__qualname__)
def test_a_rule_says_what_it_asks_for(rule: Rule) -> None:
    assert rule.check.__doc__
    assert rule.codes
