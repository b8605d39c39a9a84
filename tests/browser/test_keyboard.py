"""Finding with the keyboard alone, in a browser, from the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.reading import complete, count, names, ready, search, shows

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

FOCUS_IS_SEEN = """() => {
  const focused = document.activeElement;
  const shown = [focused, ...[".card", ".filter", ".pick"].map((around) => focused.closest(around))];
  return shown.some((one) => one && getComputedStyle(one).outlineStyle !== "none");
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll(".browse :is(button, select, input, a)")]
  .filter((one) => {
  const target = one.closest("label") || one.closest(".card") || one;
  const { width, height } = target.getBoundingClientRect();
  return width && (width < 24 || height < 24);
}).map((one) => one.outerHTML)"""


def tab_to(page: Page, script: str) -> None:
    """Press Tab until the focused element fits."""
    for _ in range(150):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_SEEN), page.evaluate("document.activeElement.outerHTML")
        if page.evaluate(f"() => {{ const one = document.activeElement; return Boolean({script}); }}"):
            return
    raise AssertionError(f"Tab never reached: {script}")


def test_one_finds_filters_opens_and_comes_back_without_a_mouse(stroll: Opening) -> None:
    page = ready(stroll().page)
    page.keyboard.press("/")
    page.keyboard.type("a")
    shows(page, "q=a")
    tab_to(page, "one.dataset.key === 'kind' && one.parentElement.textContent.includes('App')")
    page.keyboard.press("Space")
    shows(page, "q=a&kind=app")
    complete(page)
    found = names(page)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.card').dataset.name") == found[0]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/extensions/{found[0]}.html")
    page.go_back()
    ready(page)
    assert names(page) == found


def test_two_entries_are_compared_without_a_mouse(stroll: Opening) -> None:
    page = ready(stroll("index.html?sort=updated").page)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    for _ in range(2):
        tab_to(page, "one.dataset.compare")
        page.keyboard.press("Space")
    tab_to(page, "one.matches('.tray a')")
    page.keyboard.press("Enter")
    page.locator("[data-comparison][data-ready=table]").wait_for()
    assert page.locator("thead th").count() == 2


def test_a_chip_is_removed_without_a_mouse(stroll: Opening) -> None:
    page = ready(stroll("index.html?kind=tool").page)
    tools = count(page)
    tab_to(page, "one.matches('[data-chosen] button')")
    page.keyboard.press("Enter")
    shows(page, "")
    assert count(page) > tools


def test_the_focus_stays_where_deprecated_entries_are_shown_and_hidden(stroll: Opening) -> None:
    page = ready(stroll().page)
    tab_to(page, "one.closest('[data-hidden-note]')")
    page.keyboard.press("Enter")
    shows(page, "deprecated=shown")
    page.wait_for_function("document.activeElement.textContent === 'Hide'")
    page.keyboard.press("Enter")
    shows(page, "")
    page.wait_for_function("document.activeElement.textContent === 'Show'")


def test_the_focus_goes_on_when_entries_leave_the_comparison(stroll: Opening) -> None:
    names_chosen = [f"compare={name}" for name in names(ready(stroll().page))[:2]]
    page = ready(stroll(f"index.html?{'&'.join(names_chosen)}").page)
    page.locator(".tray button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement === document.querySelector('.tray button')")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('[data-search]')")
    assert page.locator(".tray").is_hidden()


def test_escape_empties_the_search(stroll: Opening) -> None:
    page = ready(stroll("index.html?q=harbor").page)
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    shows(page, "")
    assert search(page).input_value() == ""


def test_a_slash_that_is_typed_stays_a_slash(stroll: Opening) -> None:
    page = ready(stroll().page)
    page.keyboard.press("/")
    page.keyboard.type("library/redis")
    assert search(page).input_value() == "library/redis"


def test_the_count_is_said_to_those_who_listen(stroll: Opening) -> None:
    page = ready(stroll().page)
    status = page.locator("[data-found]")
    assert status.get_attribute("role") == "status"
    search(page).fill("atlas")
    assert status.inner_text().endswith("of 120 extensions")


@pytest.mark.parametrize("width", [320, 1280])
def test_what_one_clicks_is_large_enough(stroll: Opening, width: int) -> None:
    page = ready(stroll("index.html?kind=app&risk=0&q=a", viewport={"width": width, "height": 800}).page)
    assert page.evaluate(SMALL_TARGETS) == []
