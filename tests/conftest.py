"""What holds for every test."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Playwright

# Time is measured in scripts/bench: a busy machine must not fail a test.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("untimed"), max_examples=15)
settings.load_profile("quick" if "CATALOG_QUICK_TESTS" in os.environ else "untimed")

WHOLE_PROGRAMS = ("bundle_scripts", "engine", "packaging", "remote", "serving")
"""Folders whose tests start servers or programs: they count as slow."""
OVER_AND_OVER = {
    "bundle": (
        "delta",
        "image_check",
        "split_and_join",
        "tamper",
        "verify",
        "verify_forged",
        "verify_head",
        "verify_tree",
    ),
    "cli": ("bad_input", "boundary", "hostile_workspaces", "streams"),
    "operations": ("ci", "diff", "history", "package", "package_documents", "publish", "watch_pages"),
    "rules": ("robustness",),
    "samples": ("samples",),
    "scaffold": ("make_targets", "makefile"),
    "site": ("facets", "hostile", "pages", "search_engine", "shell", "svg"),
}
"""Modules that make whole bundles, websites or workspaces again for each test: slow, too."""

_LONGEST_NAME = 100

# A shell starts what it runs in the background with Ctrl-C ignored; programs under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A short name for a test of a long text: workers tell one another the name of each test."""
    return f"{argname} of {len(val):,}" if isinstance(val, str | bytes) and len(val) > _LONGEST_NAME else None


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_slow(item.path):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("engine"):  # one worker has the engine, so that no other one stops it
            item.add_marker(pytest.mark.xdist_group("engine"))


def _is_slow(module: Path) -> bool:
    folder = module.parent.name
    return folder in WHOLE_PROGRAMS or module.stem.removeprefix("test_") in OVER_AND_OVER.get(folder, ())


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands keep from run to run is not kept in this machine's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers; a process can have one of it only."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # starts a driver process

    with sync_playwright() as found:
        yield found
