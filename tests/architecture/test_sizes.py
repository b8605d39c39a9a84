"""Modules and functions fit on a screen, and modules are named for things."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import catalog

ROOT = Path(catalog.__file__).parent.parent
MAX_MODULE_LINES = 300
MAX_SHIPPED_LINES = 800
MAX_FUNCTION_LINES = 40
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "types", "base", "core", "lib"}
MODULES = sorted([*ROOT.glob("catalog/**/*.py"), *ROOT.glob("scripts/**/*.py")])
SHIPPED = sorted([*ROOT.glob("bundle/*.py"), *ROOT.glob("bundle/*.sh")])


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function after its signature and docstring."""
    has_docstring = ast.get_docstring(node) is not None and len(node.body) > 1
    first = node.body[1] if has_docstring else node.body[0]
    return (node.end_lineno or first.lineno) - first.lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES


@pytest.mark.parametrize("path", SHIPPED, ids=name_of)
def test_a_stand_alone_file_has_at_most_800_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_SHIPPED_LINES


@pytest.mark.parametrize("path", [*MODULES, *(path for path in SHIPPED if path.suffix == ".py")], ids=name_of)
def test_a_function_has_at_most_40_lines(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert {node.name: body_lines(node) for node in functions if body_lines(node) > MAX_FUNCTION_LINES} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_is_named_for_a_thing_and_says_what_it_is_for(path: Path) -> None:
    assert path.stem not in VAGUE_NAMES
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert len(docstring) > len("Module.")
