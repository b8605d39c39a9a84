"""Finds the tests of a service by the files in the folder that its image is built from.

The signs are those of the extension guide: `pytest.ini`, `requirements-dev.txt`, `dev-requirements.txt` or
`tests/` for pytest, a `test` script in `package.json` for npm, `*_test.go` for Go.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_DEV_REQUIREMENTS = ("requirements-dev.txt", "dev-requirements.txt")
_TEST_FOLDERS = ("tests", "test")
_PYTEST_FILES = frozenset(
    {"pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "conftest.py", ".coveragerc"}
)
_PACKAGE = PurePosixPath("package.json")
_LARGEST_PACKAGE = 1 << 20


class Runner(StrEnum):
    """What runs the tests."""

    PYTEST = "pytest"
    NPM = "npm"
    GO = "go"


class Suite(Struct, frozen=True):
    """Tests of one service.

    `files` (relative to the build context) are what the tests need beside the image. `requirements` is the
    file with what is to be installed for them, `folder` where they are (empty: everywhere), `packages` the
    names of what they are developed with, `script` is npm's, `code` the folder whose coverage is measured.
    """

    runner: Runner
    files: tuple[PurePosixPath, ...]
    requirements: str = ""
    folder: str = ""
    packages: frozenset[str] = frozenset()
    script: str = ""
    code: str = "."


def find_suites(context: Path, files: Iterable[PurePosixPath]) -> tuple[Suite, ...]:
    """The tests among `files` (relative to the folder `context`), by runner; none when there are none."""
    known = tuple(files)
    found = (_pytest(context, known), _npm(context, known), _go(known))
    return tuple(suite for suite in found if suite is not None)


def _pytest(context: Path, files: tuple[PurePosixPath, ...]) -> Suite | None:
    names = {str(file) for file in files}
    requirements = next((name for name in _DEV_REQUIREMENTS if name in names), "")
    folder = next((name for name in _TEST_FOLDERS if any(_is_python_in(file, name) for file in files)), "")
    if not (requirements or folder or "pytest.ini" in names):
        return None
    return Suite(
        Runner.PYTEST,
        tuple(file for file in files if _is_for_pytest(file)),
        requirements,
        folder,
        frozenset(_required(context, requirements)) if requirements else frozenset(),
        code=next((name for name in ("app", "src") if any(file.parts[0] == name for file in files)), "."),
    )


def _is_python_in(file: PurePosixPath, folder: str) -> bool:
    return file.parts[0] == folder and file.suffix == ".py"


def _is_for_pytest(file: PurePosixPath) -> bool:
    if len(file.parts) > 1:
        return file.parts[0] in {*_TEST_FOLDERS, "requirements"}
    is_test = file.name.startswith("test_") and file.suffix == ".py"
    return is_test or file.name in _PYTEST_FILES or ("requirements" in file.name and file.suffix == ".txt")


def _required(context: Path, requirements: str) -> Iterator[str]:
    for line in _text(context / requirements).splitlines():
        name = line.strip().lower()
        for end in "=<>~![; @#":
            name = name.partition(end)[0]
        if name and not name.startswith("-"):
            yield name.replace("_", "-")


def _npm(context: Path, files: tuple[PurePosixPath, ...]) -> Suite | None:
    if _PACKAGE not in files:
        return None
    try:
        package: Any = json.loads(_text(context / _PACKAGE))
    except (ValueError, RecursionError):
        return None
    scripts = _mapping(package, "scripts")
    script = scripts.get("test")
    if not isinstance(script, str) or "no test specified" in script:
        return None
    packages = frozenset({*_mapping(package, "dependencies"), *_mapping(package, "devDependencies")})
    return Suite(Runner.NPM, files, "package.json" if packages else "", packages=packages, script=script)


def _go(files: tuple[PurePosixPath, ...]) -> Suite | None:
    return Suite(Runner.GO, files) if any(file.name.endswith("_test.go") for file in files) else None


def _mapping(document: Any, key: str) -> dict[str, Any]:
    found = document.get(key) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _text(path: Path) -> str:
    """The beginning of a file; empty for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_PACKAGE).decode("utf-8", "replace")
    except OSError:
        return ""
