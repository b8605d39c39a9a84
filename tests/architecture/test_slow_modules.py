"""The list of slow test modules names modules that there are."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import OVER_AND_OVER, WHOLE_PROGRAMS

TESTS = Path(__file__).parent.parent


def test_every_slow_module_and_folder_is_there() -> None:
    modules = [
        TESTS / folder / f"test_{name}.py" for folder, names in OVER_AND_OVER.items() for name in names
    ]
    folders = [TESTS / folder for folder in WHOLE_PROGRAMS]
    assert [path.name for path in (*modules, *folders) if not path.exists()] == []
