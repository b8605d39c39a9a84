"""The website in a browser, opened from the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.site.sample import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}
PAGES = ("index.html", *(f"extensions/{entry.name}.html" for entry in REGISTRY.entries))
BROKEN = "() => [...document.images].filter(image => !image.naturalWidth).map(image => image.src)"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_for_nothing_outside_and_complains_about_nothing(visit: Opening, path: str) -> None:
    seen = visit(path)
    assert (seen.outside(), seen.complaints) == ([], [])


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_small_phone(visit: Opening, path: str) -> None:
    page = visit(path, viewport=PHONE).page
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("document.querySelector('.page').scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_without_scripts(visit: Opening, path: str) -> None:
    page = visit(path, java_script_enabled=False).page
    assert page.locator("h1").is_visible()
    assert page.locator("button:visible, input:visible").count() == 0
    if path == "index.html":
        assert page.locator(".card:visible").count() == len(REGISTRY.entries)


def test_a_hostile_entry_triggers_nothing(visit: Opening) -> None:
    seen = visit("extensions/hostile-entry.html")
    seen.page.mouse.move(200, 200)
    seen.page.wait_for_timeout(200)
    assert seen.page.title() != "owned"
    assert seen.page.url.endswith("extensions/hostile-entry.html")
    assert (seen.outside(), seen.complaints) == ([], [])


def test_the_root_of_the_registry_leads_to_the_website(visit: Opening) -> None:
    page = visit("../index.html").page
    page.wait_for_url("**/site/index.html")
    assert page.locator(".card").count() == len(REGISTRY.entries)


def test_pictures_load(visit: Opening) -> None:
    page = visit().page
    page.evaluate("() => document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; })")
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    assert page.evaluate("document.images.length") == 3
    assert page.evaluate(BROKEN) == []


def test_a_slash_goes_to_the_search(visit: Opening) -> None:
    page = visit().page
    page.keyboard.press("/")
    page.keyboard.type("board")
    assert page.get_by_role("searchbox", name="Search extensions").input_value() == "board"


def test_a_compose_file_is_copied(visit: Opening) -> None:
    page = visit("extensions/document-chat.html", permissions=["clipboard-read", "clipboard-write"]).page
    page.locator("#compose").get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("services:\n  frontend:\n    image: kamiwazaai/document-chat-frontend:v2.4.1\n")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_system_chooses_light_or_dark(visit: Opening, scheme: str, scripts: bool) -> None:
    page = visit(color_scheme=scheme, java_script_enabled=scripts).page
    # Chromium answers evaluate() with scripts disabled too: they are ours, not the page's.
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(245, 246, 248)", "dark": "rgb(13, 18, 24)"}[scheme]


def test_a_reader_chooses_light_or_dark_for_all_pages(visit: Opening) -> None:
    page = visit(color_scheme="light").page
    page.get_by_role("button", name="Switch between light and dark").click()
    page.get_by_role("link", name="Team Board").click()
    page.wait_for_url("**/team-board.html")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.evaluate("Object.keys(localStorage).filter(key => !key.startsWith('catalog.'))") == []


def test_people_get_from_the_start_to_an_entry_and_back_by_keyboard(visit: Opening) -> None:
    page = visit().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.get_by_role("link", name="Document Chat").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/document-chat.html")
    page.get_by_label("Breadcrumb").get_by_role("link", name="All extensions").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/site/index.html")


def test_text_in_another_direction_keeps_its_own(visit: Opening) -> None:
    page = visit("extensions/arabic-library.html").page
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"


def test_a_link_in_a_text_is_told_by_more_than_its_colour(visit: Opening) -> None:
    link = visit("extensions/document-chat.html").page.get_by_role("link", name="Load this registry")
    assert link.evaluate("(one) => getComputedStyle(one).textDecorationLine") == "underline"
