"""The QR code of a website that knows its address: on the screen, on paper, for those who cannot see it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from catalog.registry.registry import Registry
from catalog.site.facts import SiteOptions
from catalog.site.shell import material_shell, plain_shell
from tests.browser.conftest import opening
from tests.site.building import build, write
from tests.site.sample import DOCUMENT_CHAT, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

BASE = "https://catalog.acme.test/of/all-that-acme-runs"
PAGE = "extensions/document-chat.html"
ADDRESS = f"{BASE}/site/{PAGE}"


@pytest.fixture(scope="module", params=["material", "plain"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp(request.param)
    shell = plain_shell(TEMPLATES) if request.param == "plain" else material_shell(TEMPLATES, root / "cache")
    files = build(shell, Registry.of([DOCUMENT_CHAT]), options=SiteOptions("Acme", base_url=BASE))
    return write(files, root / "registry") / "site"


@pytest.fixture
def enter(chromium: Browser | None, published: Path) -> Iterator[Opening]:
    """Opens the page of the entry from the disk, without a network."""
    with opening(chromium, published) as open_page:
        yield lambda **options: open_page(PAGE, offline=True, **options)


def code_on(seen: Visit) -> Locator:
    return seen.page.get_by_role("img", name="QR code: the web address of this page")


def read(shown: Locator) -> list[str]:
    """What a reader of codes finds in the picture as it is shown, and nothing around it."""
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(shown.screenshot())))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_phone_reads_the_address_of_the_page_from_the_screen(
    enter: Opening, scheme: str, width: int
) -> None:
    seen = enter(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    assert read(code_on(seen)) == [ADDRESS]
    assert seen.page.get_by_role("link", name=ADDRESS).get_attribute("href") == ADDRESS
    assert seen.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert Axe().run(seen.page).response["violations"] == []


def test_the_picture_is_shown_under_the_policy_and_asks_for_nothing_outside(enter: Opening) -> None:
    seen = enter()
    assert code_on(seen).evaluate("image => image.complete && image.naturalWidth > 0")
    assert (seen.outside(), seen.complaints) == ([], [])


@pytest.mark.parametrize("width", [320, 1400])
def test_its_place_is_kept_until_the_picture_comes(enter: Opening, width: int) -> None:
    seen = enter(viewport={"width": width, "height": 800})
    there = code_on(seen).bounding_box()
    seen.page.context.route("**/qr/*", lambda route: route.abort())
    seen.page.reload()
    assert not code_on(seen).evaluate("image => image.naturalWidth")
    assert code_on(seen).bounding_box() == there


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_printed_page_leads_back_to_the_published_one(enter: Opening, scheme: str) -> None:
    seen = enter(color_scheme=scheme)
    seen.page.emulate_media(media="print")
    assert read(code_on(seen)) == [ADDRESS]
    assert seen.page.get_by_text(ADDRESS, exact=True).is_visible()
