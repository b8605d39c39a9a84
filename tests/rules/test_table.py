"""The table has every rule, and every code of ours is found by something."""

from __future__ import annotations

import inspect

import pytest

from catalog.model import codes
from catalog.model.codes import ALL_CODES
from catalog.rules import (
    building,
    currency,
    handwritten,
    health,
    identity,
    images,
    mounts,
    ports,
    presence,
    preview,
    secrets,
    variables,
    web_servers,
)
from catalog.rules.table import RULES, Rule

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
MODULES = (
    building,
    currency,
    handwritten,
    health,
    identity,
    images,
    mounts,
    ports,
    presence,
    preview,
    secrets,
    variables,
    web_servers,
)


def test_every_code_of_manifest_app_garden_file_and_picture_is_found_by_something() -> None:
    listed = {code for rule in RULES for code in rule.codes} | READING | FOR_REPOSITORY
    ours = {code for code in ALL_CODES if code.id[:3] in {"KZ1", "KZ3", "KZ4"}}
    assert ours - listed - OF_A_FILE - OF_A_WORKSPACE == set()


def test_every_public_function_of_a_rule_module_stands_in_the_table() -> None:
    functions = {
        function
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert functions == {rule.check for rule in RULES}


def test_no_code_is_given_twice() -> None:
    numbers = [code.id for code in ALL_CODES]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__qualname__)
def test_a_rule_says_what_it_asks_for(rule: Rule) -> None:
    assert rule.check.__doc__
    assert rule.codes
