"""Modules and functions fit on a screen, and modules are named for things."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(catalog.__file__).parent.parent
MAX_MODULE_LINES = 300
MAX_SHIPPED_LINES = 800
MAX_FUNCTION_LINES = 40
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "types", "base", "core", "lib"}
MODULES = sorted([*ROOT.glob("catalog/**/*.py"), *ROOT.glob("scripts/**/*.py")])
PAGE_SCRIPTS = sorted(ROOT.glob("site_templates/assets/*.js"))
SHIPPED = sorted([*ROOT.glob("bundle/*.py"), *ROOT.glob("bundle/*.sh")])


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function after its signature and docstring."""
    has_docstring = ast.get_docstring(node) is not None and len(node.body) > 1
    first = node.body[1] if has_docstring else node.body[0]
    return (node.end_lineno or first.lineno) - first.lineno + 1


def longer_than(most: int, paths: Iterable[Path]) -> dict[str, int]:
    """The files with more lines, and how many they have."""
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return {name: count for name, count in lines.items() if count > most}


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_a_module_has_at_most_300_lines() -> None:
    assert longer_than(MAX_MODULE_LINES, MODULES) == {}


def test_a_script_of_the_website_has_at_most_300_lines() -> None:
    assert len(PAGE_SCRIPTS) > 10
    assert longer_than(MAX_MODULE_LINES, PAGE_SCRIPTS) == {}


def test_a_stand_alone_file_has_at_most_800_lines() -> None:
    assert longer_than(MAX_SHIPPED_LINES, SHIPPED) == {}


def shell_functions(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a script that begin and end at the margin, with their lines."""
    for match in re.finditer(r"^(\w+)\(\) \{\n(.*?)^\}$", path.read_text(), re.MULTILINE | re.DOTALL):
        yield match[1], match[2].count("\n")


def test_a_shell_function_has_at_most_40_lines() -> None:
    scripts = [path for path in SHIPPED if path.suffix == ".sh"]
    found = {f"{path.name} {name}": lines for path in scripts for name, lines in shell_functions(path)}
    assert len(found) > 40
    assert {name: lines for name, lines in found.items() if lines > MAX_FUNCTION_LINES} == {}


def test_a_function_has_at_most_40_lines() -> None:
    paths = [*MODULES, *(path for path in SHIPPED if path.suffix == ".py")]
    assert [
        (name_of(path), function.name, body_lines(function))
        for path in paths
        for function in functions_of(path)
        if body_lines(function) > MAX_FUNCTION_LINES
    ] == []


def test_modules_are_named_for_things() -> None:
    assert [name_of(path) for path in MODULES if path.stem in VAGUE_NAMES] == []


def test_a_module_says_what_it_is_for() -> None:
    said = {name_of(path): ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES}
    assert len(said) > len(SHIPPED)
    assert [name for name, docstring in said.items() if len(docstring or "") <= len("Module.")] == []
