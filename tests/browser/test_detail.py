"""The page of one entry in a browser, opened from the disk."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from catalog.model.manifest import CatalogNotes
from catalog.registry.registry import Registry
from catalog.site.facts import SiteFacts
from catalog.site.picture import EntryPictures
from catalog.site.pictures import make_picture
from catalog.site.shell import plain_shell
from tests.browser.conftest import Visit
from tests.site.building import build, write
from tests.site.sample import CHANGELOG, DOCUMENT_CHAT, ENTRIES, README, TEMPLATES, draw_pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from playwright.sync_api import Browser, Locator, Page

    Opening = Callable[..., Page]

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}
WIDE = {"width": 1400, "height": 900}
LINE = "span#L{}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A website whose one entry has everything that a page can show."""
    root = tmp_path_factory.mktemp("detail")
    drawn = [make_picture(path, root / "cache") for path in draw_pictures(root).values()]
    pictures = tuple(picture for picture in drawn if picture)
    facts = SiteFacts(
        README.format(title="Document Chat", summary="Ask."),
        CHANGELOG,
        notes=CatalogNotes(status="deprecated", successor="team-board"),
        pictures=EntryPictures(preview=pictures[0], gallery=pictures),
    )
    board = next(entry for entry in ENTRIES if entry.name == "team-board")
    files = build(plain_shell(TEMPLATES), Registry.of([DOCUMENT_CHAT, board]), {"document-chat": facts})
    return write(files, root / "registry") / "site"


@pytest.fixture
def opening(chromium: Browser | None, folder: Path) -> Iterator[Opening]:
    """Opens the page of the entry; after the test it must not have complained."""
    if chromium is None:
        pytest.skip("Chromium is not installed, so no page was looked at: install chromium to run this test")
    contexts, visits = [], []

    def open_page(fragment: str = "", **options: Any) -> Page:
        contexts.append(chromium.new_context(**options))
        visits.append(Visit(contexts[-1].new_page()).listen())
        visits[-1].page.goto(f"{(folder / 'extensions/document-chat.html').as_uri()}{fragment}")
        return visits[-1].page

    yield open_page
    complaints = [complaint for visit in visits for complaint in visit.complaints + visit.outside()]
    for context in contexts:
        context.close()
    assert complaints == []


def shown_number(dialog: Locator) -> str:
    return dialog.get_by_role("status").inner_text()


def test_pictures_open_one_after_the_other_and_focus_comes_back(opening: Opening) -> None:
    page = opening()
    link = page.locator(".gallery a").nth(1)
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Pictures")
    assert shown_number(dialog) == "Picture 2 of 3"
    page.keyboard.press("ArrowRight")
    assert shown_number(dialog) == "Picture 3 of 3"
    page.keyboard.press("ArrowRight")
    assert shown_number(dialog) == "Picture 1 of 3"
    page.keyboard.press("ArrowLeft")
    assert shown_number(dialog) == "Picture 3 of 3"
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert link.evaluate("link => link === document.activeElement")


def test_the_lightbox_is_worked_with_a_mouse(opening: Opening) -> None:
    page = opening()
    page.get_by_role("link", name="Enlarge the picture").click()
    dialog = page.get_by_role("dialog", name="Pictures")
    assert shown_number(dialog) == "Picture 1 of 3"
    dialog.get_by_role("button", name="Previous picture").click()
    assert shown_number(dialog) == "Picture 3 of 3"
    dialog.get_by_role("button", name="Next picture").click()
    image = dialog.locator("img")
    page.wait_for_function("image => image.complete", arg=image.element_handle())
    assert image.evaluate("image => image.naturalWidth") == 960
    dialog.get_by_role("button", name="Close").click()
    assert dialog.count() == 0


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_the_lightbox_fits_the_screen(opening: Opening, viewport: dict[str, int]) -> None:
    page = opening(viewport=viewport)
    page.locator(".gallery a").first.click()
    dialog = page.get_by_role("dialog", name="Pictures")
    for part in ("img", ".close", ".previous", ".next"):
        box = dialog.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= viewport["width"]
        assert box["y"] + box["height"] <= viewport["height"]


def test_focus_stays_in_the_lightbox(opening: Opening) -> None:
    page = opening()
    page.locator(".gallery a").first.click()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


def test_without_scripts_pictures_are_links_to_the_large_files(opening: Opening, folder: Path) -> None:
    page = opening(java_script_enabled=False)
    links = page.locator("a[data-shot]")
    hrefs = [links.nth(n).get_attribute("href") or "" for n in range(links.count())]
    assert len(hrefs) == 4
    assert all((folder / "extensions" / href).is_file() for href in hrefs)
    links.last.click()
    page.wait_for_url("**/pictures/*.webp")


def test_every_section_can_be_linked_to_and_is_seen_below_the_bar(opening: Opening) -> None:
    page = opening(viewport=WIDE)
    targets = page.eval_on_selector_all("[data-section-nav] a", "links => links.map(link => link.hash)")
    assert {"#about", "#airgap", "#risk", "#services", "#compose", "#changes"} <= set(targets)
    for target in targets:
        page.locator(f"[data-section-nav] a[href='{target}']").click()
        heading = page.locator(f"{target} > h2").bounding_box()
        bar = page.locator("[data-section-nav]").bounding_box()
        assert heading is not None
        assert bar is not None
        assert bar["y"] + bar["height"] <= heading["y"] < WIDE["height"]


def test_the_bar_marks_where_the_reader_is(opening: Opening) -> None:
    page = opening(viewport=WIDE)
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Services").click()
    page.wait_for_selector("[data-section-nav] a[aria-current]:text-is('Services')")
    assert page.locator("[data-section-nav] a[aria-current]").count() == 1


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_reason_leads_to_its_line(opening: Opening, viewport: dict[str, int], scripts: bool) -> None:
    page = opening(viewport=viewport, java_script_enabled=scripts)
    link = page.locator("#risk .line-link").first
    line = (link.get_attribute("href") or "").removeprefix("#L")
    link.click()
    target = page.locator(LINE.format(line))
    assert "image:" in target.inner_text()
    box = target.bounding_box()
    assert box is not None
    assert 0 < box["y"] < viewport["height"]
    plain = page.locator(LINE.format(1)).evaluate("line => getComputedStyle(line).backgroundColor")
    assert target.evaluate("line => getComputedStyle(line).backgroundColor") != plain


def test_a_version_can_be_linked_to(opening: Opening) -> None:
    page = opening("#v2.4.0", viewport=WIDE)
    heading = page.get_by_role("heading", name="2.4.0")
    box = heading.bounding_box()
    assert box is not None
    assert 0 < box["y"] < WIDE["height"]


def test_the_version_at_the_top_leads_to_its_changes(opening: Opening) -> None:
    page = opening()
    page.locator(".masthead .version").click()
    assert page.url.endswith("#v2.4.1")


def test_the_compose_file_is_copied_without_line_numbers(opening: Opening) -> None:
    page = opening(permissions=["clipboard-read", "clipboard-write"])
    page.locator("#compose").get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.rstrip("\n") == DOCUMENT_CHAT.data["compose_yml"].rstrip("\n")


@pytest.mark.parametrize(
    ("number", "command"),
    [(0, "catalog kamiwaza push document-chat"), (1, "catalog package --only document-chat")],
)
def test_commands_are_copied_as_they_stand(opening: Opening, number: int, command: str) -> None:
    page = opening(permissions=["clipboard-read", "clipboard-write"])
    page.locator("#install").get_by_role("button", name="Copy").nth(number).click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == command


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_of_the_services_takes_the_colours_of_the_page(opening: Opening, scheme: str) -> None:
    page = opening(color_scheme=scheme)
    picture = page.get_by_role("img", name="How the services of Document Chat hang together")
    fill = picture.locator(".box").first.evaluate("box => getComputedStyle(box).fill")
    assert fill == page.locator("#services").evaluate("section => getComputedStyle(section).backgroundColor")


def test_a_wide_picture_scrolls_on_a_phone_and_the_page_does_not(opening: Opening) -> None:
    page = opening(viewport=PHONE)
    frame = page.get_by_role("region", name="Picture of the services")
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert frame.evaluate("frame => { frame.scrollLeft = 0; return frame.scrollLeft }") == 0
    first = page.locator(".topology .box").first.bounding_box()
    assert first is not None
    assert first["x"] >= 0
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]


def shadows(bar: Locator, scrolled: int) -> tuple[bool, bool]:
    """Whether the bar has a shadow at its left and at its right, when it is scrolled to there."""
    bar.evaluate("(list, left) => list.scrollTo({ left })", scrolled)
    shot = Image.open(io.BytesIO(bar.screenshot())).convert("L")
    line = [int.from_bytes(shot.crop((x, 2, x + 1, 3)).tobytes()) for x in range(shot.width)]
    left, middle, right = line[1], line[shot.width // 2], line[-2]
    return abs(left - middle) > 20, abs(right - middle) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_bar_of_sections_shows_on_which_side_there_are_more(opening: Opening, scheme: str) -> None:
    bar = opening(viewport=PHONE, color_scheme=scheme).locator("[data-section-nav] ul")
    assert shadows(bar, 0) == (False, True)
    assert shadows(bar, 60) == (True, True)
    assert shadows(bar, 10_000) == (True, False)


def test_a_bar_of_sections_that_has_room_for_all_has_no_shadow(opening: Opening) -> None:
    assert shadows(opening(viewport=WIDE).locator("[data-section-nav] ul"), 0) == (False, False)


def test_a_deprecated_entry_leads_to_its_successor(opening: Opening) -> None:
    page = opening()
    page.get_by_role("note").get_by_role("link", name="team-board").click()
    page.wait_for_url("**/extensions/team-board.html")


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_links_and_buttons_are_large_enough_to_hit(opening: Opening, viewport: dict[str, int]) -> None:
    page = opening(viewport=viewport)
    small = page.evaluate(
        """() => [...document.querySelectorAll('.masthead a, .section-nav a, .facts .tag, .anchor, .copy')]
            .map(element => [element.textContent, element.getBoundingClientRect()])
            .filter(([, box]) => box.height && (box.height < 24 || box.width < 24))
            .map(([text]) => text)"""
    )
    assert small == []


def test_a_printed_page_has_the_facts_and_no_controls(opening: Opening) -> None:
    page = opening()
    page.emulate_media(media="print")
    assert page.locator(".section-nav, .copy, .actions, .anchor").locator("visible=true").count() == 0
    assert page.locator("#services table").is_visible()
    assert page.locator(".facts").is_visible()
