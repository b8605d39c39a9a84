"""Small pictures of every type of page, and how far two of them are apart.

`python -m tests.browser.golden` makes those in `tests/browser/golden/` again; look at what changed before you
commit it.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PIL import Image, ImageChops, ImageStat

from catalog.model.manifest import CatalogNotes
from catalog.registry.history import Release
from catalog.registry.registry import Registry
from catalog.site.pictures import make_picture
from catalog.site.shell import material_shell, plain_shell
from tests.site.building import build, write
from tests.site.sample import TEMPLATES, draw_pictures, sample_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from catalog.site.facts import SiteFacts

FOLDER = Path(__file__).parent / "golden"
SKINS, SCHEMES, WIDTHS = ("material", "plain"), ("light", "dark"), (320, 1400)
SCALES = {320: 0.5, 1400: 0.25}
TALLEST = 2000
"""CSS pixels of a page that are looked at; what follows is more of the same."""
QUALITY = 45
MOST_MEAN, MOST_SHARE, NOTICED = 5.0, 0.04, 48
"""Of 255: the mean difference of a channel; the share of pixels that differ by more than `NOTICED`.

Another release of a browser or a font moves letters, and stays far below; a block that moved or another
colour does not.
"""
PAGES = {
    "home": "index.html",
    "results": "index.html?q=mail&risk=1",
    "no-results": "index.html?q=zzzzzz",
    "category": "category/productivity.html",
    "topics": "topics.html",
    "stats": "stats.html",
    "compare": "compare.html?with=document-chat&with=team-board",
    "guides": "guides/index.html",
    "guide": "guides/admins.html",
    "not-found": "not-found.html",
    "full": "extensions/document-chat.html",
    "long-names": "extensions/a-very-long-name-that-somebody-really-typed-into-the-manifest-x.html",
    "right-to-left": "extensions/arabic-library.html",
    "bare": "extensions/service-mail-relay.html",
    "hostile": "extensions/hostile-entry.html",
    "deprecated": "extensions/team-board.html",
    "empty": "../../empty/site/index.html",
}


@dataclass(frozen=True, slots=True)
class Look:
    """A way to look at a website: its skin, the colours, the width in CSS pixels."""

    skin: str
    scheme: str
    width: int

    def file(self, page: str) -> Path:
        """Where the golden image of a page lies."""
        return FOLDER / f"{page}-{self.skin}-{self.scheme}-{self.width}.webp"


LOOKS = tuple(Look(*each) for each in product(SKINS, SCHEMES, WIDTHS))


def make_sites(skin: str, folder: Path) -> Path:
    """The sample's website in `folder`, and beside it one without extensions; the first one's site folder."""
    drawn = draw_pictures(folder)
    made = {name: make_picture(path, folder / "cache") for name, path in drawn.items()}
    pictures = {name: picture for name, picture in made.items() if picture}
    shell = plain_shell(TEMPLATES) if skin == "plain" else material_shell(TEMPLATES, folder / "cache")
    write(build(shell, Registry.of([]), {}), folder / "empty")
    site = write(build(shell, facts=_facts(), pictures=pictures), folder / "registry") / "site"
    missing = (site / "404.html").read_text(encoding="utf-8")  # its links begin at a server's root
    (site / "not-found.html").write_text(missing.replace('"/site/', '"'), encoding="utf-8")
    return site


def taken(browser: Browser, site: Path, look: Look, page: str) -> Image.Image:
    """A picture of a page as the golden image has it."""
    context = browser.new_context(
        viewport={"width": look.width, "height": 900},
        color_scheme="dark" if look.scheme == "dark" else "light",
        reduced_motion="reduce",
        offline=True,
    )
    try:
        opened = context.new_page()
        opened.goto(f"{site.as_uri()}/{PAGES[page]}")
        opened.wait_for_function("document.fonts.ready.then(() => true)")
        opened.wait_for_selector("html:not(.waiting)", state="attached")  # until an address is answered
        tall = min(TALLEST, opened.evaluate("document.documentElement.scrollHeight"))
        shot = opened.screenshot(
            clip={"x": 0, "y": 0, "width": look.width, "height": tall}, full_page=True, animations="disabled"
        )
    finally:
        context.close()
    return reduced(Image.open(io.BytesIO(shot)), SCALES[look.width])


def reduced(picture: Image.Image, scale: float) -> Image.Image:
    """A picture at this scale, each pixel the mean of those in its place."""
    size = (round(picture.width * scale), round(picture.height * scale))
    return picture.convert("RGB").resize(size, Image.Resampling.BOX)


def apart(one: Image.Image, other: Image.Image) -> str:
    """How two pictures differ, in words; empty if they are as good as alike."""
    if one.width != other.width or abs(one.height - other.height) > 0.03 * other.height + 4:
        return f"{one.size} instead of {other.size}"
    box = (0, 0, one.width, min(one.height, other.height))
    difference = ImageChops.difference(one.crop(box), other.crop(box))
    mean = max(ImageStat.Stat(difference).mean)
    noticed = difference.convert("L").point(lambda value: 255 if value > NOTICED else 0)
    share = ImageStat.Stat(noticed).mean[0] / 255
    is_alike = mean <= MOST_MEAN and share <= MOST_SHARE
    return "" if is_alike else f"mean difference {mean:.1f}, {share:.1%} of the pixels noticed"


def main() -> None:
    """Make all golden images again, and say which ones differ from before."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # starts a driver process

    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for look, page, picture in _all(browser, Path(folder)):
            file = look.file(page)
            before = Image.open(file).convert("RGB") if file.exists() else None
            difference = "new" if before is None else apart(picture, before)
            if difference:
                picture.save(file, quality=QUALITY, method=6)
                sys.stdout.write(f"{file.name}: {difference}\n")
        browser.close()


def _all(browser: Browser, folder: Path) -> Iterator[tuple[Look, str, Image.Image]]:
    for skin in SKINS:
        (folder / skin).mkdir()
        site = make_sites(skin, folder / skin)
        for look, page in product((look for look in LOOKS if look.skin == skin), PAGES):
            yield look, page, taken(browser, site, look, page)


def _facts() -> dict[str, SiteFacts]:
    """The sample's facts, with what only some pages show: dates, versions that differ, a successor."""
    facts = {
        name: replace(known, added="2026-01-02", updated="2026-03-04")
        for name, known in sample_facts().items()
    }
    told = ("image redis: 7.0-alpine → 7.2-alpine", "port backend 8000 is new", "variable LEVEL is gone")
    releases = (Release("2.4.1", "2026-03-04", told), Release("2.4.0", "2026-01-02"))
    facts["document-chat"] = replace(facts["document-chat"], releases=releases)
    for name, day in (
        ("tool-email-mcp", "2026-02-03"),
        ("team-board", "2026-02-11"),
        ("notebook-lab", "2026-03-01"),
    ):
        facts[name] = replace(facts[name], added=day)
    notes = CatalogNotes(status="deprecated", successor="notebook-lab")
    facts["team-board"] = replace(facts["team-board"], notes=notes)
    return facts


if __name__ == "__main__":
    main()
