"""Comparing entries, in a browser, from the disk, without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.reading import names, ready, search, shows

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

PAIR = "compare.html?with=document-chat&with=team-board"


def table(page: Page) -> Page:
    page.locator("[data-comparison][data-ready=table]").wait_for()
    return page


def labels(page: Page) -> list[str]:
    return [text.split("(")[0].strip() for text in page.locator("tbody th").all_inner_texts()]


def test_two_cards_are_ticked_and_compared(visit: Opening) -> None:
    page = ready(visit().page)
    for name in ("document-chat", "team-board"):
        page.locator(f"[data-compare={name}]").check(force=True)
    shows(page, "compare=document-chat&compare=team-board")
    page.get_by_role("link", name="Compare 2").click()
    table(page)
    assert page.locator("thead th a").all_inner_texts() == ["Document Chat", "Team Board"]


def test_what_is_ticked_stays_ticked_while_one_searches_and_shares(visit: Opening) -> None:
    page = ready(visit().page)
    page.locator("[data-compare=document-chat]").check(force=True)
    search(page).fill("board")
    page.locator("[data-compare=team-board]").check(force=True)
    shows(page, "q=board&compare=document-chat&compare=team-board")
    page.reload()
    ready(page)
    assert names(page) == ["team-board"]
    assert page.locator("[data-compare=team-board]").is_checked()
    page.get_by_role("button", name="Do not compare Document Chat").click()
    shows(page, "q=board&compare=team-board")
    assert page.get_by_text("Choose another to compare").is_visible()


def test_four_can_be_compared_and_a_fifth_cannot_be_ticked(visit: Opening) -> None:
    page = ready(visit().page)
    for name in names(page)[:4]:
        page.locator(f"[data-compare={name}]").check(force=True)
    assert page.locator("[data-compare]:not(:checked):enabled").count() == 0
    assert page.get_by_role("link", name="Compare 4").is_visible()


def test_fields_that_differ_are_marked_and_can_be_shown_alone(visit: Opening) -> None:
    page = table(visit(PAIR).page)
    assert {"Version", "Category", "Kind", "Images", "Settings", "Licence"} <= set(labels(page))
    differing = page.locator("tr.differs").count()
    assert page.get_by_role("status").inner_text() == f"They differ in {differing} fields"
    page.get_by_label("Only what differs").check()
    shows(page, "with=document-chat&with=team-board&only=differences")
    assert len(labels(page)) == differing
    assert "Kind" not in labels(page)
    page.reload()
    assert len(labels(table(page))) == differing


def test_values_that_only_some_have_are_marked(visit: Opening) -> None:
    page = table(visit(PAIR).page)
    images = page.locator("tr", has=page.get_by_role("rowheader", name="Images"))
    assert images.locator("mark").count() == 4
    assert images.get_by_text("docker.io/library/redis:7.2-alpine").count() == 2


def test_entries_are_added_and_removed_on_the_page(visit: Opening) -> None:
    page = table(visit("compare.html?with=document-chat").page)
    page.get_by_role("searchbox", name="Add an extension").fill("git")
    page.get_by_role("button", name="tool-git").click()
    shows(page, "with=document-chat&with=tool-git")
    page.get_by_role("button", name="Remove Document Chat").click()
    shows(page, "with=tool-git")
    page.go_back()
    assert page.locator("thead th").count() == 2


def test_the_key_enter_adds_the_first_that_is_suggested(visit: Opening) -> None:
    page = table(visit("compare.html?with=document-chat").page)
    assert page.get_by_text("Add another to compare it with").is_visible()
    box = page.get_by_role("searchbox", name="Add an extension")
    box.fill("git")
    box.press("Enter")
    shows(page, "with=document-chat&with=tool-git")
    assert page.get_by_text("Add another").count() == 0


def test_who_chose_as_many_as_fit_is_told_so(visit: Opening) -> None:
    chosen = ("document-chat", "team-board", "tool-git", "arabic-library")
    page = table(visit("compare.html?" + "&".join(f"with={name}" for name in chosen)).page)
    assert page.get_by_placeholder("No more than 4 at once").is_disabled()


def test_days_of_a_comparison_are_written_as_elsewhere(stroll: Opening) -> None:
    page = ready(stroll().page)
    first, other = names(page)[:2]
    page.goto(page.url.split("index.html")[0] + f"compare.html?with={first}&with={other}")
    assert re.fullmatch(
        r"\d{1,2} \w{3} 20\d\d", table(page).locator("tbody tr:last-child li").first.inner_text()
    )


@pytest.mark.parametrize("query", ["", "?with=nobody", "?with=%00&only=nothing"])
def test_a_comparison_of_nothing_says_how_to_begin(visit: Opening, query: str) -> None:
    seen = visit(f"compare.html{query}")
    table(seen.page)
    assert seen.page.get_by_text("Nothing is chosen yet").is_visible()
    assert (seen.outside(), seen.complaints) == ([], [])


def test_a_comparison_is_printed_without_its_controls(visit: Opening) -> None:
    page = table(visit(PAIR).page)
    page.emulate_media(media="print")
    assert page.locator("tbody").is_visible()
    assert page.locator("button:visible, input:visible").count() == 0


def test_without_scripts_it_says_what_it_needs(visit: Opening) -> None:
    page = visit(PAIR, java_script_enabled=False).page
    assert page.get_by_text("Comparing needs JavaScript").is_visible()
    assert page.locator("button:visible, input:visible").count() == 0
    page.get_by_role("link", name="The list").click()
    page.wait_for_url("**/index.html")


def test_hostile_and_long_entries_compare_within_the_page(visit: Opening) -> None:
    hostile = "hostile-entry&with=a-very-long-name-that-somebody-really-typed-into-the-manifest-x"
    seen = visit(f"compare.html?with={hostile}&with=arabic-library", viewport={"width": 320, "height": 640})
    page = table(seen.page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
    assert page.title() != "owned"
    assert (seen.outside(), seen.complaints) == ([], [])
