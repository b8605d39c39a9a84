"""Addresses that say what the list shows: shared, opened again, gone back to; from the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.reading import count, names, ready, search, shows, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser


def test_an_address_that_was_shared_shows_the_same_list(stroll: Opening) -> None:
    page = ready(stroll().page)
    search(page).fill("a")
    value(page, "kind", "App").check()
    value(page, "risk", "Scanned").check()
    page.get_by_label("Sort by").select_option("size")
    shows(page, "q=a&kind=app&risk=1&sort=size")
    shared = page.url.rpartition("/")[2]
    other = ready(stroll(shared).page)
    assert names(other) == names(page)
    assert search(other).input_value() == "a"
    assert value(other, "kind", "App").is_checked()
    assert other.get_by_label("Sort by").input_value() == "size"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=harbor",
        "q=a+%26+b%3Dc",
        "kind=app&kind=tool&risk=2",
        "verified=yes&arch=amd64&deprecated=shown",
        "status=deprecated&sort=updated",
        "licence=MIT&sort=added&compare=",
    ],
)
def test_a_page_that_is_loaded_again_shows_the_same(stroll: Opening, query: str) -> None:
    page = ready(stroll(f"index.html?{query}").page)
    before = names(page), count(page), page.locator("[data-chosen]").inner_text()
    page.reload()
    ready(page)
    assert (names(page), count(page), page.locator("[data-chosen]").inner_text()) == before


def test_a_bad_value_in_the_address_drops_only_its_own_key(stroll: Opening) -> None:
    good = ready(stroll("index.html?kind=tool&sort=size").page)
    bad = ready(stroll("index.html?kind=tool&risk=bogus&sort=size&tag=%00&x=1&compare=nobody").page)
    assert names(bad) == names(good)


def test_back_and_forward_go_through_what_was_chosen(stroll: Opening) -> None:
    page = ready(stroll().page)
    everything = count(page)
    value(page, "kind", "Tool").check()
    shows(page, "kind=tool")
    tools = count(page)
    value(page, "risk", "Scanned").check()
    shows(page, "kind=tool&risk=1")
    page.go_back()
    assert (count(page), value(page, "risk", "Scanned").is_checked()) == (tools, False)
    page.go_back()
    assert count(page) == everything
    page.go_forward()
    assert (count(page), value(page, "kind", "Tool").is_checked()) == (tools, True)


def test_typing_a_word_is_one_step_back(stroll: Opening) -> None:
    page = ready(stroll().page)
    everything = count(page)
    search(page).press_sequentially("harbor", delay=20)
    shows(page, "q=harbor")
    page.go_back()
    shows(page, "")
    assert count(page) == everything
    assert search(page).input_value() == ""


def test_people_find_filter_open_and_come_back_to_where_they_were(stroll: Opening) -> None:
    page = ready(stroll("index.html?sort=updated").page)
    page.get_by_role("button", name="Show 48 more").click()
    wanted = names(page)[70]
    card = page.locator(f".card[data-name={wanted}] a")
    card.scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    card.click()
    page.wait_for_url(f"**/extensions/{wanted}.html")
    page.go_back()
    ready(page)
    page.wait_for_function("() => scrollY > 0")
    assert names(page)[70] == wanted
    assert abs(page.evaluate("scrollY") - place) < 400


def test_an_address_with_a_wish_shows_no_other_list_first(stroll: Opening) -> None:
    page = stroll("compare.html").page
    page.add_init_script(
        """window.seen = new Set(); const look = () => {
          document.querySelectorAll("[data-cards] > .card").forEach((card) => {
            const isSeen = card.checkVisibility({ visibilityProperty: true });
            if (isSeen) { window.seen.add(card.dataset.name); } });
          requestAnimationFrame(look); }; look();"""
    )
    page.goto(page.url.replace("compare.html", "index.html?kind=tool"))
    ready(page)
    page.wait_for_timeout(200)
    assert set(page.evaluate("[...window.seen]")) <= set(names(page))


def test_choices_that_follow_at_once_are_a_step_back_each(stroll: Opening) -> None:
    page = ready(stroll().page)
    page.evaluate(
        "document.querySelectorAll('[data-facet=kind] li input').forEach((box, at) => at < 2 && box.click())"
    )
    page.wait_for_function("() => new URL(location.href).searchParams.getAll('kind').length === 2")
    page.go_back()
    page.wait_for_function("() => new URL(location.href).searchParams.getAll('kind').length === 1")
    page.go_back()
    page.wait_for_function("() => !location.search")
    assert page.locator("[data-facet=kind] input:checked").count() == 0


def test_who_leaves_at_once_comes_back_to_what_was_typed(stroll: Opening) -> None:
    page = ready(stroll().page)
    typed = names(page)[0]
    search(page).fill(typed)
    page.evaluate("document.querySelector('main a[href*=\"extensions/\"]').click()")
    page.wait_for_url("**/extensions/**")
    page.go_back()
    ready(page)
    assert search(page).input_value() == typed


def test_who_goes_back_at_once_undoes_the_last_choice_alone(stroll: Opening) -> None:
    page = ready(stroll().page)
    value(page, "kind", "Tool").check()
    shows(page, "kind=tool")
    tools = names(page)
    page.evaluate(
        "document.querySelector('[data-facet=risk] li input:enabled').click(); history.back();",
    )
    shows(page, "kind=tool")
    page.wait_for_function("() => !document.querySelector('[data-facet=risk] input:checked')")
    assert names(page)[:3] == tools[:3]
    page.go_forward()
    page.wait_for_function("() => new URL(location.href).searchParams.has('risk')")
    assert page.locator("[data-facet=risk] input:checked").count() == 1


def test_what_was_typed_is_there_again_for_who_went_back_at_once(stroll: Opening) -> None:
    page = ready(stroll().page)
    everything = count(page)
    page.evaluate(
        """const box = document.querySelector("[data-search]");
        for (const typed of ["h", "harb", "harbor"]) {
          box.value = typed;
          box.dispatchEvent(new Event("input"));
        }
        history.back();"""
    )
    shows(page, "")
    page.wait_for_function("() => !document.querySelector('[data-search]').value")
    assert count(page) == everything
    page.go_forward()
    shows(page, "q=harbor")
    assert search(page).input_value() == "harbor"
    assert 0 < count(page) < everything


def test_what_is_typed_after_going_back_is_a_step_of_its_own(stroll: Opening) -> None:
    page = ready(stroll().page)
    search(page).fill("harbor")
    shows(page, "q=harbor")
    page.go_back()
    shows(page, "")
    search(page).fill("delta")
    shows(page, "q=delta")
    page.go_back()
    shows(page, "")
    assert search(page).input_value() == ""


def test_blanks_before_a_word_are_no_step(stroll: Opening) -> None:
    page = ready(stroll().page)
    search(page).press_sequentially("  harbor", delay=20)
    shows(page, "q=++harbor")
    page.go_back()
    shows(page, "")
    assert search(page).input_value() == ""
