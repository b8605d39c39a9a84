"""Every type of page looks as it did when somebody last looked at it and was content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

from tests.browser.golden import FOLDER, LOOKS, PAGES, SKINS, Look, apart, make_sites, reduced, taken

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="module", params=SKINS)
def skin_and_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    return request.param, make_sites(request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_type_of_page_looks_as_it_did(
    chromium: Browser | None, skin_and_site: tuple[str, Path], scheme: str, width: int
) -> None:
    if chromium is None:
        pytest.skip("Chromium is not installed, so no page was looked at: install chromium to run this test")
    skin, site = skin_and_site
    look = Look(skin, scheme, width)
    found = {}
    for page in PAGES:
        golden = Image.open(look.file(page)).convert("RGB")
        if difference := apart(taken(chromium, site, look, page), golden):
            found[page] = difference
    assert found == {}, "look at the pages; if they are right: python -m tests.browser.golden"


def test_the_golden_images_are_complete_and_small() -> None:
    files = {look.file(page) for look in LOOKS for page in PAGES}
    assert set(FOLDER.iterdir()) == files
    assert sum(file.stat().st_size for file in files) < 1_500_000


def drawn(box: tuple[int, int, int, int], colour: str) -> Image.Image:
    picture = Image.new("RGB", (320, 400), "#ffffff")
    ImageDraw.Draw(picture).rectangle(box, fill=colour)
    return reduced(picture, 0.5)


@pytest.mark.parametrize(
    ("box", "colour", "is_alike"),
    [
        ((20, 20, 300, 120), "#0c6b64", True),
        ((21, 20, 301, 120), "#0c6b64", True),
        ((20, 20, 300, 120), "#7d4d00", False),
        ((20, 60, 300, 160), "#0c6b64", False),
        ((0, 0, 0, 0), "#ffffff", False),
    ],
)
def test_another_colour_and_another_place_are_noticed(
    box: tuple[int, int, int, int], colour: str, *, is_alike: bool
) -> None:
    assert (apart(drawn(box, colour), drawn((20, 20, 300, 120), "#0c6b64")) == "") is is_alike


def test_another_height_is_noticed() -> None:
    one = Image.new("RGB", (160, 400))
    assert apart(one, Image.new("RGB", (160, 300)))
    assert apart(one, Image.new("RGB", (160, 398))) == ""
