"""Search as one types, in a browser, from the disk, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.registry.registry import Registry
from catalog.site.shell import plain_shell
from scripts.bench.entries import many
from tests.browser.conftest import opening
from tests.browser.reading import READY, count, names, ready, search, shows
from tests.site.building import build, write
from tests.site.sample import REGISTRY, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

COLUMN = "[data-cards] > .card"
# A card without what scripts add to every card, and without what browsers may write in another order.
PLAIN_CARD = """(card) => {
  const copy = card.cloneNode(true);
  copy.querySelectorAll(".pick").forEach((one) => one.remove());
  copy.querySelectorAll("[title]").forEach((one) => one.removeAttribute("title"));
  const plain = (node) => node.nodeType === Node.TEXT_NODE
    ? (node.textContent.trim() ? [node.textContent.trim()] : [])
    : [[node.localName, [...node.attributes].map((one) => one.name + "=" + one.value).sort(),
        [...node.childNodes].flatMap(plain)]];
  return plain(copy);
}"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("neighbours", ["service-vector-store"]),
        ("CHAT", ["document-chat"]),
        ("notebok", ["notebook-lab"]),
        ("chunk_size", ["document-chat"]),
        ("redis vector", ["service-vector-store"]),
        ("漢字", ["kanji-reader"]),
        ("الوثائق", ["arabic-library"]),
        ("نص غير موجود", []),
    ],
)
def test_typing_finds_entries_by_all_their_fields(visit: Opening, words: str, found: list[str]) -> None:
    page = ready(visit().page)
    search(page).fill(words)
    assert names(page) == found
    assert count(page) == len(found)


def test_the_best_match_comes_first(visit: Opening) -> None:
    page = ready(visit().page)
    search(page).fill("search")
    assert names(page)[0] == "mcp-web-search"
    assert page.get_by_label("Sort by").input_value() == "relevance"


def test_a_slip_is_said_to_be_one(visit: Opening) -> None:
    page = ready(visit().page)
    search(page).fill("notebok")
    assert page.get_by_role("status").inner_text() == "1 of 15 extensions, spelled alike"


def test_nothing_found_says_so_and_leads_back(visit: Opening) -> None:
    page = ready(visit().page)
    search(page).fill("nothing like this")
    assert page.get_by_text("Nothing matches").is_visible()
    page.get_by_role("button", name="Show everything").click()
    assert len(names(page)) == len(REGISTRY.entries)
    assert search(page).evaluate("(box) => box === document.activeElement")


def test_where_filters_keep_out_what_the_search_found_they_can_be_left_away(visit: Opening) -> None:
    page = ready(visit("index.html?q=git&kind=service&compare=team-board").page)
    page.get_by_role("button", name="Search without filters (1)").click()
    shows(page, "q=git&compare=team-board")
    assert names(page) == ["tool-git"]
    assert page.evaluate("document.activeElement.type") == "search"


def test_what_was_typed_before_the_data_came_is_looked_for(stroll: Opening) -> None:
    seen = stroll("compare.html")
    page = seen.page
    page.evaluate("sessionStorage.clear()")
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
          const box = document.querySelector("[data-search]"); box.focus(); box.value = "harbor"; });"""
    )
    page.goto(page.url.replace("compare.html", "index.html"))
    ready(page)
    assert search(page).input_value() == "harbor"
    assert names(page)
    assert count(page) < 120


def test_a_card_that_was_found_looks_like_the_one_of_the_page(visit: Opening) -> None:
    page = ready(visit().page)
    own = dict(
        zip(names(page), page.locator(COLUMN).evaluate_all(f"(all) => all.map({PLAIN_CARD})"), strict=True)
    )
    page.get_by_label("Sort by").select_option("updated")
    page.locator("[data-painted]").wait_for()
    page.wait_for_function(f"() => document.querySelectorAll('{COLUMN}').length === {len(own)}")
    drawn = page.locator(COLUMN).evaluate_all(f"(all) => all.map({PLAIN_CARD})")
    for name, card in zip(names(page), drawn, strict=True):
        assert _without_loading(card) == _without_loading(own[name])


def _without_loading(card: object) -> str:
    """The first row is not loaded lazily, and another card is first when the order is another."""
    return str(card).replace("'loading=lazy', ", "").replace("'decoding=async', ", "")


def test_a_long_list_comes_in_chunks_and_the_keyboard_goes_on_with_the_new_ones(stroll: Opening) -> None:
    page = ready(stroll("index.html?sort=updated").page)
    page.wait_for_function(f"() => document.querySelectorAll('{COLUMN}').length === 48")
    total = count(page)
    page.get_by_role("button", name="Show 48 more").click()
    assert len(names(page)) == 96
    assert page.evaluate("document.activeElement.closest('.card').dataset.name") == names(page)[48]
    page.get_by_role("button", name=f"Show {total - 96} more").click()
    assert len(names(page)) == total
    assert page.get_by_role("button", name="more").count() == 0


def test_a_search_looks_through_all_entries_and_not_only_those_of_the_page(stroll: Opening) -> None:
    registry, _ = many(120)
    last = max(registry.entries, key=lambda entry: entry.data["display_name"])
    page = ready(stroll("index.html?deprecated=shown").page)
    search(page).fill(last.name)
    assert names(page)[0] == last.name


def test_a_page_about_a_category_searches_within_it(stroll: Opening) -> None:
    page = ready(stroll("category/ai.html").page)
    inside = count(page)
    page.get_by_role("searchbox", name="Search in ai").fill("e")
    assert 0 < count(page) <= inside < 120
    assert page.locator("[data-facet=category]").count() == 0


def test_hostile_text_is_found_and_harms_nothing(visit: Opening) -> None:
    seen = visit()
    page = ready(seen.page)
    search(page).fill("<script>document.title")
    assert names(page) == ["hostile-entry"]
    page.locator("[data-compare]").check(force=True)
    page.locator(".tray").wait_for()
    assert page.title() != "owned"
    assert (seen.outside(), seen.complaints) == ([], [])


def test_without_scripts_the_list_stays_and_no_control_is_empty(stroll: Opening) -> None:
    page = stroll("index.html?q=harbor&kind=app", java_script_enabled=False).page
    assert page.locator(".card:visible").count() == 48
    assert page.locator("button:visible, input:visible, select:visible, .facets:visible").count() == 0


@pytest.mark.parametrize("data", [None, "", "window.__CATALOG = {};", "window.__CATALOG = {"])
def test_without_sound_data_the_page_is_the_one_without_scripts(stroll: Opening, data: str | None) -> None:
    page = stroll("compare.html").page
    answer = {"body": data, "content_type": "text/javascript"}
    page.route("**/catalog-data.js", lambda route: route.abort() if data is None else route.fulfill(**answer))
    page.goto(page.url.replace("compare.html", "index.html?q=harbor"))
    page.wait_for_function("() => !document.documentElement.classList.contains('live')")
    assert page.locator(".card:visible").count() == 48
    assert page.locator(f".browse :is(button, input, select):visible, {READY}").count() == 0


def test_a_list_without_entries_says_so_whatever_its_address_asks(
    chromium: Browser | None, tmp_path: Path
) -> None:
    folder = write(build(plain_shell(TEMPLATES), Registry(()), {}), tmp_path) / "site"
    with opening(chromium, folder) as visit:
        seen = visit("index.html?q=harbor")
        seen.page.get_by_text("There are no extensions here yet").wait_for()
        assert seen.complaints == []


def test_a_card_that_is_drawn_again_is_the_same_one_and_says_the_same(stroll: Opening) -> None:
    page = ready(stroll().page)
    search(page).fill("harbor")
    wanted = names(page)[0]
    card = page.locator(f"{COLUMN}[data-name={wanted}]")
    drawn = card.evaluate(f"(one) => {{ window.drawn = one; return ({PLAIN_CARD})(one); }}")
    search(page).fill("delta")
    assert wanted not in names(page)
    search(page).fill("harbor")
    assert names(page)[0] == wanted
    assert card.evaluate("(one) => one === window.drawn")
    assert card.evaluate(PLAIN_CARD) == drawn


def test_a_card_that_is_drawn_again_knows_what_was_chosen_for_a_comparison_meanwhile(stroll: Opening) -> None:
    page = ready(stroll().page)
    search(page).fill("harbor")
    wanted = names(page)[0]
    box = page.locator(f"{COLUMN} [data-compare={wanted}]")
    box.check(force=True)
    search(page).fill("delta")
    page.locator(".tray .chip").click()
    search(page).fill("harbor")
    assert names(page)[0] == wanted
    assert not box.is_checked()


def test_large_numbers_have_commas(stroll: Opening) -> None:
    page = ready(stroll().page)
    written = page.evaluate("[0, 999, 1000, 65432, 1234567].map(window.CatalogCards.number)")
    assert written == ["0", "999", "1,000", "65,432", "1,234,567"]


def test_a_printed_list_says_which_search_and_filters_it_answers(visit: Opening) -> None:
    page = ready(visit("index.html?q=a&kind=app&kind=tool&sort=updated&deprecated=shown").page)
    page.emulate_media(media="print")
    assert page.locator("[data-asked]").inner_text() == (
        "Search: “a”; Kind: App, Tool; Sorted by: Updated; Deprecated ones included"
    )
    assert page.locator("[data-found]").inner_text().endswith(" of 15 extensions")
    assert page.locator("button:visible, input:visible, select:visible").count() == 0


def test_a_printed_list_that_answers_no_search_says_nothing_of_one(visit: Opening) -> None:
    page = ready(visit().page)
    search(page).fill("git")
    search(page).fill("")
    page.emulate_media(media="print")
    assert not page.locator(".toolbar").is_visible()


def test_what_a_printed_list_answers_is_not_said_twice_on_a_screen(visit: Opening) -> None:
    page = ready(visit("index.html?q=git").page)
    assert page.locator("[data-asked]").inner_text() == "Search: “git”"
    assert not page.locator("[data-asked]").is_visible()
