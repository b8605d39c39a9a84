"""Pure rooms take values and give values: no disk, no clock, no environment, no output."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import catalog

PACKAGE = Path(catalog.__file__).parent
PURE_ROOMS = ("model", "rules", "appgarden", "registry", "scaffold")
CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
DISK = {"open", "read_text", "write_text", "write_bytes", "mkdir", "unlink", "iterdir", "resolve", "stat"}
PLACES = {"exists", "is_file", "is_dir", "cwd", "home", "environ", "getenv", "system"}
CLOCK = {"now", "utcnow", "today"}
ATTRIBUTES = DISK | PLACES | CLOCK
MODULES = sorted(path for room in PURE_ROOMS for path in (PACKAGE / room).rglob("*.py"))


def impure(source: str) -> list[str]:
    """The places in `source` that reach outside, as `line: name`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            found.append(f"{node.lineno}: {node.func.id}")
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            found.append(f"{node.lineno}: .{node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module == "pathlib":
            found += [f"{node.lineno}: {alias.name}" for alias in node.names if alias.name != "PurePosixPath"]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_pure_module_reaches_nothing_outside(path: Path) -> None:
    assert impure(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ["open('x')", "path.read_text()", "datetime.now()", "os.environ", "from pathlib import Path", "print(1)"],
)
def test_the_check_sees_what_it_is_for(source: str) -> None:
    assert impure(source)
