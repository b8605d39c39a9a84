"""A page that is open while its source is edited shows the edit by itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from catalog.cli.app import run
from tests.browser.conftest import Visit
from tests.serving.served import Served, serving
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

# Not beside tests that start containers: see test_https.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("engine")]

MANIFEST = "apps/notes/kamiwaza.json"


@pytest.fixture(params=["plain", "material"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = {"catalog.toml": f'[catalog]\nskin = "{request.param}"\n'}
    root = tree(tmp_path / "workspace", {**app(manifest={"display_name": "Old title"}), **settings})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run(["--quiet", "--workspace", str(root), "sync-compose"]) == 0
    return root


@pytest.fixture
def visit(chromium: Browser | None) -> Iterator[Visit]:
    if chromium is None:
        pytest.skip("Chromium is not installed, so no page was looked at: install chromium to run this test")
    context = chromium.new_context()
    yield Visit(context.new_page()).listen()
    context.close()


def edit(workspace: Path, **changes: object) -> None:
    path = workspace / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def built(it: Served) -> None:
    """Wait until a build has ended."""
    while not it.line().startswith(("Built", "Not built")):
        pass


def heading(page: Page, title: str) -> None:
    page.get_by_role("heading", name=title, exact=True).first.wait_for()


def test_an_open_page_shows_an_edited_title_without_any_action(workspace: Path, visit: Visit) -> None:
    page = visit.page
    with serving(workspace, "--watch") as it:
        built(it)
        page.goto(f"{it.url}/site/extensions/notes.html")
        heading(page, "Old title")
        edit(workspace, display_name="New title")
        heading(page, "New title")
        page.goto(f"{it.url}/site/index.html")
        edit(workspace, display_name="Newest title")
        heading(page, "Newest title")
        assert visit.complaints == []
        assert {url.split("/")[2] for url in visit.requests} == {it.url.split("/")[2]}


def test_a_broken_edit_leaves_the_page_and_a_mended_one_shows(workspace: Path, visit: Visit) -> None:
    page = visit.page
    with serving(workspace, "--watch") as it:
        built(it)
        page.goto(f"{it.url}/site/extensions/notes.html")
        edit(workspace, display_name="Broken title", risk_tier=9)
        built(it)
        with page.expect_response("**/.watch/build"):
            pass
        assert page.get_by_role("heading", name="Old title").count() == 1
        edit(workspace, display_name="Mended title", risk_tier=0)
        heading(page, "Mended title")
        assert visit.complaints == []


def test_a_page_that_waits_for_the_first_build_shows_it(workspace: Path, visit: Visit) -> None:
    edit(workspace, risk_tier=9)
    with serving(workspace, "--watch") as it:
        built(it)
        visit.page.goto(f"{it.url}/site/extensions/notes.html")
        heading(visit.page, "Nothing is built yet")
        edit(workspace, risk_tier=0)
        heading(visit.page, "Old title")


def test_a_page_stays_where_its_reader_was(workspace: Path, visit: Visit) -> None:
    tree(workspace, {"apps/notes/README.md": "# Notes\n\n" + "A line.\n\n" * 400})
    page = visit.page
    with serving(workspace, "--watch") as it:
        built(it)
        page.goto(f"{it.url}/site/extensions/notes.html")
        page.evaluate("window.scrollTo(0, 2000)")
        edit(workspace, display_name="New title")
        heading(page, "New title")
        page.wait_for_function("window.scrollY === 2000")
