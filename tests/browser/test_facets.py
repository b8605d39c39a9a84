"""Filters beside the list, in a browser, from the disk, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.site.facets import FACETS
from tests.browser.reading import count, names, ready, search, shows, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}


def number(page: Page, facet: str, label: str) -> int:
    item = page.locator(f"[data-facet={facet}] li", has=page.get_by_text(label, exact=True))
    return int(item.locator(".count").text_content() or "")


def test_kinds_are_an_or_and_words_are_an_and(visit: Opening) -> None:
    page = ready(visit().page)
    value(page, "kind", "Tool").check()
    assert count(page) == 3
    value(page, "kind", "Service").check()
    assert count(page) == 6
    search(page).fill("mail")
    assert sorted(names(page)) == ["service-mail-relay", "tool-email-mcp"]
    assert page.get_by_role("status").inner_text() == "2 of 15 extensions"


def test_the_number_beside_a_value_is_the_length_of_the_list_after_the_click(stroll: Opening) -> None:
    page = ready(stroll().page)
    for facet, label in (("kind", "Service"), ("risk", "Scanned"), ("verified", "Verified")):
        page.locator(f"[data-facet={facet}]").evaluate("(one) => { one.open = true; }")
        expected = number(page, facet, label)
        value(page, facet, label).check()
        assert count(page) == expected


def test_a_value_without_entries_is_disabled_and_stays(visit: Opening) -> None:
    page = ready(visit().page)
    search(page).fill("漢字")
    assert number(page, "kind", "Service") == 0
    assert value(page, "kind", "Service").is_disabled()
    assert value(page, "kind", "App").is_enabled()


def test_of_many_fixed_values_only_those_that_some_entry_has_are_offered(visit: Opening) -> None:
    page = ready(visit().page)
    page.locator("[data-facet=reason] summary").click()
    counts = page.locator("[data-facet=reason] li .count").all_inner_texts()
    assert counts
    assert "0" not in counts


def test_what_was_chosen_can_be_taken_back_even_when_nothing_is_left(visit: Opening) -> None:
    page = ready(visit().page)
    value(page, "kind", "Service").check()
    search(page).fill("漢字")
    assert names(page) == []
    assert value(page, "kind", "Service").is_enabled()
    value(page, "kind", "Service").uncheck()
    assert names(page) == ["kanji-reader"]


def test_chips_say_what_is_chosen_and_remove_it(stroll: Opening) -> None:
    page = ready(stroll().page)
    everything = count(page)
    value(page, "kind", "Tool").check()
    value(page, "risk", "Scanned").check()
    page.get_by_role("button", name="Remove Kind: Tool").click()
    assert not value(page, "kind", "Tool").is_checked()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Remove Risk: Scanned"
    page.get_by_role("button", name="Remove Risk: Scanned").click()
    assert count(page) == everything
    assert page.evaluate("document.activeElement.dataset.search") == ""


def test_everything_chosen_is_cleared_at_once(stroll: Opening) -> None:
    page = ready(stroll("index.html?kind=app&risk=0&q=a").page)
    page.get_by_role("button", name="Clear all").click()
    shows(page, "")
    assert page.locator("[data-chosen] li").count() == 0


def test_every_facet_can_be_chosen_and_is_named_in_its_chip(stroll: Opening) -> None:
    page = ready(stroll().page)
    shown = page.locator("[data-facet]").evaluate_all("(all) => all.map((one) => one.dataset.facet)")
    assert {"kind", "category", "tag", "risk", "verified", "licence", "arch", "status"} <= set(shown)
    for facet in (facet for facet in FACETS if facet.key in shown):
        details = page.locator(f"[data-facet={facet.key}]")
        details.evaluate("(one) => { one.open = true; }")
        box = details.locator("input[type=checkbox]:enabled").first
        box.check()
        assert page.get_by_role("button", name=f"Remove {facet.label}: ").count() == 1
        box.uncheck()


def test_deprecated_entries_are_hidden_until_one_asks(stroll: Opening) -> None:
    page = ready(stroll().page)
    note = page.locator("[data-hidden-note]")
    hidden = int(note.inner_text().split()[0])
    shown = count(page)
    assert hidden > 0
    assert page.locator(".card[data-status=deprecated]:visible").count() == 0
    note.get_by_role("button", name="Show").click()
    assert count(page) == shown + hidden == 120
    shows(page, "deprecated=shown")
    note.get_by_role("button", name="Hide").click()
    assert count(page) == shown


def test_a_category_has_the_same_number_in_the_overview_and_among_the_filters(stroll: Opening) -> None:
    overview = stroll("topics.html").page.locator("#categories li")
    told = dict(one.split() for one in overview.all_inner_texts())
    page = ready(stroll().page)
    page.locator("[data-facet=category]").get_by_role("button", name="Show all").click()
    assert {label: number(page, "category", label) for label in told} == {
        label: int(entries) for label, entries in told.items()
    }


def test_asking_for_deprecated_entries_shows_them(stroll: Opening) -> None:
    page = ready(stroll("index.html?status=deprecated").page)
    assert names(page)
    assert page.locator(".card:visible:not([data-status=deprecated])").count() == 0
    assert page.locator("[data-hidden-note]").inner_text() == ""


def test_many_values_are_shortened_searched_and_shown(stroll: Opening) -> None:
    page = ready(stroll().page)
    tags = page.locator("[data-facet=tag]")
    assert tags.locator("li").count() == 8
    more = tags.get_by_role("button", name="Show the first 100")
    assert more.get_attribute("aria-expanded") == "false"
    more.click()
    assert tags.locator("li").count() == 100
    assert tags.get_by_role("button", name="Show fewer").get_attribute("aria-expanded") == "true"
    wanted = tags.locator("li bdi").nth(40).inner_text()
    tags.get_by_role("searchbox").fill(wanted.upper())
    assert tags.locator("li bdi").all_inner_texts() == [wanted]


def test_on_a_phone_filters_stand_behind_a_button(stroll: Opening) -> None:
    page = ready(stroll(viewport=PHONE).page)
    switch = page.get_by_role("button", name="Filters")
    assert not page.locator(".facets").is_visible()
    switch.click()
    assert switch.get_attribute("aria-expanded") == "true"
    value(page, "kind", "Tool").check()
    assert switch.inner_text().split() == ["Filters", "1"]
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    switch.click()
    assert not page.locator(".facets").is_visible()


def test_on_a_wide_screen_filters_stand_beside_the_list(stroll: Opening) -> None:
    page = ready(stroll(viewport={"width": 1280, "height": 800}).page)
    filters, cards = page.locator(".facets").bounding_box(), page.locator("[data-cards]").bounding_box()
    assert filters
    assert cards
    assert filters["x"] + filters["width"] <= cards["x"]
    assert not page.get_by_role("button", name="Filters").is_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_jumps_while_the_page_comes_to_life(stroll: Opening, width: int) -> None:
    seen = stroll("compare.html", viewport={"width": width, "height": 800})
    seen.page.add_init_script(
        """window.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) => {
          window.shifts += one.value; })).observe({ type: "layout-shift", buffered: true });"""
    )
    seen.page.goto(seen.page.url.replace("compare.html", "index.html"))
    ready(seen.page)
    assert seen.page.evaluate("window.shifts") <= 0.02
