"""Measures the live list in Chromium on a slowed processor, and prints one table.

In: the number of entries (5,000). A website with so many entries and pictures is made in a folder that is
removed afterwards, opened from the disk with the processor slowed four times, and used as people would.
"""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PIL import Image, ImageDraw

from catalog.model.file_tree import CopyOf
from catalog.site.facts import NO_FACTS, SiteOptions
from catalog.site.pages import site_files
from catalog.site.picture import EntryPictures, Picture, Variant
from catalog.site.pictures import make_picture
from catalog.site.shell import material_shell, plain_shell
from scripts.bench.entries import many
from scripts.bench.table import Goal, figure, lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from playwright.sync_api import CDPSession, Page

    from catalog.registry.registry import Registry
    from scripts.bench.table import Row

TEMPLATES = Path(__file__).resolve().parents[2] / "site_templates"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SLOWER = 4
LOADS = 5
WORDS = ("meeting notes", "harbor chat", "documnet finder", "redis", "log_level", "a", "silver vault")
CLICKS = ("kind", "category", "tag", "risk", "verified", "licence")
# From before the event to after the frame that shows its outcome.
WATCH = """() => {
  window.shifts = 0; window.largest = 0; window.blocked = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    if (!one.hadRecentInput) { window.shifts += one.value; } }))
    .observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.largest = one.startTime; }))
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    window.blocked += Math.max(0, one.duration - 50); })).observe({ type: "longtask", buffered: true });
  new MutationObserver((changes) => changes.forEach((change) => {
    (window.ready ??= {})[change.target.dataset.ready] ??= performance.now();
    console.debug("ready: " + change.target.dataset.ready); }))
    .observe(document, { subtree: true, attributeFilter: ["data-ready"] });
  for (const kind of ["keydown", "click"]) {
    addEventListener(kind, () => {
      const start = performance.now();
      requestAnimationFrame(() => { const channel = new MessageChannel();
        channel.port1.onmessage = () => window.painted.push(performance.now() - start);
        channel.port2.postMessage(0); });
    }, { capture: true });
  }
  window.painted = [];
}"""


@dataclass(frozen=True, slots=True)
class Load:
    """One opening of the start page: milliseconds after its start, and how far things jumped."""

    largest: float
    blocked: float
    shifts: float
    list_ready: float
    search_ready: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this group of measurements."""
    parser.add_argument("--entries", type=int, default=5000)
    parser.add_argument("--skin", choices=("material", "plain"), default="material")


def main(options: argparse.Namespace) -> None:
    """Make the website, measure, print."""
    if CHROMIUM is None:
        raise SystemExit("Chromium is not installed, so nothing was measured: install chromium")
    folder = Path(tempfile.mkdtemp(prefix="catalog-bench-"))
    try:
        site = make_site(folder, options.entries, options.skin)
        rows = [*weights(site), *measurements(site)]
    finally:
        shutil.rmtree(folder)
    print("\n".join(lines(rows)))


def make_site(folder: Path, count: int, skin: str) -> Path:
    """A website with `count` entries, most of which have a picture."""
    registry, facts = many(count)
    shell = plain_shell(TEMPLATES) if skin == "plain" else material_shell(TEMPLATES, folder / "cache")
    known = {
        name: replace(facts.get(name, NO_FACTS), pictures=EntryPictures(preview=picture))
        for name, picture in _pictures(registry, folder).items()
    }
    for file in site_files(registry, {**facts, **known}, SiteOptions("Bench"), shell):
        target = folder / "registry" / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(file.content, CopyOf):
            os.link(file.content.path, target)
        else:
            target.write_bytes(file.content)
    return folder / "registry" / "site"


def _pictures(registry: Registry, folder: Path) -> dict[str, Picture]:
    """A picture of its own name and colour for nine of ten entries; all have the bytes of one drawing."""
    drawing = Image.new("RGB", (1280, 720), "#f2f5f8")
    brush = ImageDraw.Draw(drawing)
    for line in range(20):
        brush.rectangle(
            (60, 40 + line * 32, 300 + line * 37 % 800, 58 + line * 32), fill=(40 + line * 9, 120, 160)
        )
    drawing.save(folder / "drawing.png")
    made = make_picture(folder / "drawing.png", folder / "pictures")
    if made is None:
        raise SystemExit("the drawing for the pictures cannot be read")
    return {
        entry.name: _renamed(made, number) for number, entry in enumerate(registry.entries) if number % 10
    }


def _renamed(picture: Picture, number: int) -> Picture:
    stem = f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"
    variants = tuple(Variant(f"{stem}-{v.width}.webp", v.width, v.height, v.file) for v in picture.variants)
    return Picture(variants, f"#{number * 2654435761 % 2**24:06x}")


def weights(site: Path) -> Iterator[Row]:
    """The sizes of what a first visit reads."""
    home, data = (site / "index.html").read_bytes(), (site / "catalog-data.js").read_bytes()
    yield figure("start page, HTML", len(home) / 1000, "KB", Goal(60))
    yield figure("start page, HTML packed", len(gzip.compress(home)) / 1000, "KB", Goal(15))
    yield figure("data script", len(data) / 1e6, "MB", Goal(2.0))
    yield figure("data script packed", len(gzip.compress(data)) / 1000, "KB", Goal(450))


def measurements(site: Path) -> Iterator[Row]:
    """What is felt of it, with the processor slowed."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # starts a driver process

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        loads = []
        for _ in range(LOADS):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            slow(page)
            loads.append(opened(page, site))
            page.close()
        yield from felt(loads)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        slow(page)
        opened(page, site)
        yield from used(page)
        browser.close()


def slow(page: Page) -> CDPSession:
    """Slow the processor down, and take the network away."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.context.set_offline(True)
    return session


def opened(page: Page, site: Path) -> Load:
    """The start page opened from the disk until its search is ready."""
    page.add_init_script(f"({WATCH})()")
    # Looking for an element again and again would slow the page down while it is measured.
    with page.expect_console_message(lambda message: message.text == "ready: search"):
        page.goto((site / "index.html").as_uri())
    page.wait_for_timeout(500)
    seen: dict[str, Any] = page.evaluate(
        "() => ({ largest, blocked, shifts, listReady: ready.list, searchReady: ready.search })"
    )
    return Load(seen["largest"], seen["blocked"], seen["shifts"], seen["listReady"], seen["searchReady"])


def felt(loads: list[Load]) -> Iterator[Row]:
    """The medians of several openings."""

    def median(field: str) -> float:
        return float(statistics.median(getattr(load, field) for load in loads))

    yield figure("largest contentful paint", median("largest") / 1000, "s", Goal(1.0))
    yield figure("total blocking time", median("blocked"), "ms", Goal(200))
    yield figure("cumulative layout shift", median("shifts"), "", Goal(0.02))
    yield figure("list can be filtered after", median("list_ready") / 1000, "s")
    yield figure("search with slips is ready after", median("search_ready") / 1000, "s", Goal(1.2))


def used(page: Page) -> Iterator[Row]:
    """Key presses and clicks, each until its outcome was painted."""
    box = page.locator("[data-search]")
    for words in WORDS:
        box.fill("")
        box.press_sequentially(words, delay=150)
    yield from _spread("key press to painted list", page)
    box.fill("")
    page.evaluate("window.painted.length = 0")
    for key in CLICKS:
        facet = page.locator(f"[data-facet={key}]")
        if facet.get_attribute("open") is None:
            facet.locator("summary").click()
            page.wait_for_timeout(150)
            page.evaluate("window.painted.pop()")
        for number in (0, 1, 0, 1):
            facet.locator("input[type=checkbox]").nth(number).click()
            page.wait_for_timeout(150)
    yield from _spread("click on a filter to painted list", page)


def _spread(what: str, page: Page) -> Iterator[Row]:
    page.wait_for_timeout(300)
    times = sorted(page.evaluate("window.painted"))
    yield figure(f"{what}, median of {len(times)}", statistics.median(times), "ms")
    yield figure(f"{what}, 95 of 100", times[int(len(times) * 0.95)], "ms", Goal(100, 50))
    yield figure(f"{what}, slowest", times[-1], "ms")
