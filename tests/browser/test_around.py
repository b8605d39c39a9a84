"""The pages around the list and the entries, in a browser, opened from the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}
PAGES = (
    "topics.html",
    "stats.html",
    "compare.html",
    "guides/index.html",
    "guides/admins.html",
    "guides/authors.html",
    "guides/programs.html",
    "category/ai.html",
    "tag/search.html",
)
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary')]
    .filter((one) => one.checkVisibility() && !one.closest('p:not(.crumbs), .prose, .skip, h1, h2, label'))
    .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height])
    .filter(([, height]) => height > 1 && height < 24)"""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_for_nothing_outside_and_complains_about_nothing(visit: Opening, path: str) -> None:
    seen = visit(path)
    assert (seen.outside(), seen.complaints) == ([], [])


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_small_phone(visit: Opening, path: str) -> None:
    page = visit(path, viewport=PHONE).page
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_without_scripts(visit: Opening, path: str) -> None:
    page = visit(path, java_script_enabled=False).page
    assert page.locator("h1").is_visible()
    assert page.locator("button:visible, input:visible, select:visible").count() == 0


@pytest.mark.parametrize("path", ["index.html", *PAGES])
def test_what_can_be_pressed_is_large_enough(visit: Opening, path: str) -> None:
    assert visit(path).page.evaluate(SMALL_TARGETS) == []


def test_a_value_of_the_figures_leads_to_the_list_of_what_has_it(visit: Opening) -> None:
    page = visit("stats.html").page
    row = page.locator("#risk tr", has_text="Scanned")
    number = row.locator(".bar-count").inner_text()
    row.get_by_role("link").click()
    page.wait_for_selector("[data-browse][data-ready]")
    assert page.get_by_role("status").inner_text().startswith(f"{number} of ")


def test_paper_has_no_controls(visit: Opening) -> None:
    page = visit("extensions/document-chat.html").page
    page.emulate_media(media="print")
    assert page.locator("button:visible, input:visible, .header-links:visible").count() == 0
    assert page.locator("h1").is_visible()


def test_paper_shows_what_is_folded_away(visit: Opening) -> None:
    page = visit("extensions/document-chat.html").page
    folded = page.locator("details:not([open]) > :not(summary)").first
    assert not folded.evaluate("(one) => one.checkVisibility()")
    page.emulate_media(media="print")
    assert folded.evaluate("(one) => one.checkVisibility()")
