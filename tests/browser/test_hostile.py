"""A website of entries that mean harm, in a browser with scripts on: nothing runs, asks or breaks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.site.facts import SiteOptions
from catalog.site.shell import material_shell, plain_shell
from tests.browser.conftest import opening
from tests.site.building import build, write
from tests.site.hostile import ENTRIES, REGISTRY, SOUND, TEMPLATES, hostile_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.browser.conftest import Visit

    Opening = Callable[..., Visit]

pytestmark = pytest.mark.browser

WIDTHS = (320, 1280)
WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
PROD = """async () => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  for (const one of document.querySelectorAll("main *, .page *")) {
    for (const name of ["mouseover", "mouseenter", "focus", "toggle", "load", "error"]) {
      one.dispatchEvent(new Event(name));
    }
  }
  for (const image of document.images) image.loading = "eager";
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}"""
"""Provokes what a page would do only when somebody touches it."""
TROUBLE = """() => ({
  ran: window.__pwned ?? null,
  violations: window.__violations,
  frames: window.frames.length,
  acting: [...document.querySelectorAll("*")].filter((one) =>
    one.getAttributeNames().some((name) => name.startsWith("on"))
    || one.localName === "a" && /^\\s*(javascript|data|vbscript):/i.test(one.getAttribute("href") ?? "")
  ).map((one) => one.outerHTML.slice(0, 200)),
})"""
NONE: dict[str, object] = {"ran": None, "violations": [], "frames": 0, "acting": []}
TOO_WIDE = """(width) => {
  if (document.scrollingElement.scrollWidth <= width) return [];
  const isHeld = (one) => {
    for (let box = one.parentElement; box && box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== "visible") return true;
    }
    return false;
  };
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > width + 1 && !isHeld(one))
    .slice(0, 5)
    .map((one) => one.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module", params=["material", "plain"])
def trap(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the hostile website, in each skin."""
    root = tmp_path_factory.mktemp(request.param)
    shell = plain_shell(TEMPLATES) if request.param == "plain" else material_shell(TEMPLATES, root / "cache")
    files = build(shell, REGISTRY, hostile_facts(root), SiteOptions(SOUND, description=SOUND))
    return write(files, root / "registry") / "site"


@pytest.fixture
def enter(chromium: Browser | None, trap: Path) -> Iterator[Opening]:
    with opening(chromium, trap) as open_page:
        yield open_page


def pages_of_every_type(folder: Path) -> dict[str, list[str]]:
    """All pages of entries, and some of each other type, by type; that of errors needs a server."""
    types: dict[str, list[str]] = {}
    for path in sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html")):
        types.setdefault(path.partition("/")[0], []).append(path)
    del types["404.html"]
    return {kind: paths if kind == "extensions" else paths[:4] for kind, paths in types.items()}


def faults(visit: Visit, url: str) -> dict[str, object]:
    """What is wrong with a page, on a phone and on a screen."""
    visit.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    visit.page.goto(url)
    visit.page.evaluate(PROD)
    trouble: dict[str, object] = visit.page.evaluate(TROUBLE)
    found = {} if trouble == NONE else dict(trouble)
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 900})
        if wide := visit.page.evaluate(TOO_WIDE, width):
            found[f"wider than {width} pixels"] = wide
    return found


def complaints(visit: Visit) -> list[str]:
    """What the browser says, but for our own way between pages and what it stopped loading on that way."""
    stopped = re.compile(r"failed: file://(?P<path>.*)")
    return [
        text
        for text in visit.complaints
        if "about:blank" not in text
        and not ((match := stopped.match(text)) and Path(match["path"]).is_file())
    ]


@pytest.mark.slow
def test_on_no_page_anything_runs_or_asks_or_breaks_the_layout(enter: Opening, trap: Path) -> None:
    visit = enter()
    visit.page.add_init_script(WATCH)
    kinds = pages_of_every_type(trap)
    assert {"index.html", "extensions", "category", "tag", "stats.html", "compare.html"} <= set(kinds)
    assert len(kinds["extensions"]) == len(ENTRIES)
    pages = [path for paths in kinds.values() for path in paths]
    found = {path: what for path in pages if (what := faults(visit, f"{trap.as_uri()}/{path}"))}
    assert found == {}
    assert (visit.outside(), complaints(visit)) == ([], [])


def test_nothing_runs_while_people_search_filter_and_compare(enter: Opening, trap: Path) -> None:
    seen = enter()
    page = seen.page
    for words in ("<script>", "pwned", "\"'>", "${", "مكتبة", "one-3"):
        page.get_by_role("searchbox", name="Search extensions").fill(words)
        page.evaluate(PROD)
    for number in range(page.locator("input[type=checkbox]").count()):
        page.locator("input[type=checkbox]").nth(number).evaluate("one => one.click()")
    page.evaluate(PROD)
    assert page.evaluate("window.__pwned ?? null") is None
    for address in (
        "index.html#q=<img src=x onerror=window.__pwned=1>&category=<script>window.__pwned=1</script>",
        "index.html#sort=__proto__&constructor=x&__proto__=x&kind=toString",
        "index.html?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.__pwned%3D1%3E",
        "compare.html#names=hostile-0,hostile-1,<img src=x onerror=window.__pwned=1>",
        "compare.html?names=hostile-0,pictures&compare=hostile-0,pictures",
        "extensions/hostile-0.html#<img src=x onerror=window.__pwned=1>",
    ):
        page.goto("about:blank")
        page.goto(f"{trap.as_uri()}/{address}")
        page.evaluate(PROD)
        assert page.evaluate("window.__pwned ?? null") is None
    assert (seen.outside(), complaints(seen)) == ([], [])


def test_a_gallery_of_hostile_pictures_opens(enter: Opening) -> None:
    seen = enter("extensions/pictures.html")
    page = seen.page
    page.evaluate(PROD)
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    assert (
        page.evaluate("[...document.images].filter(one => one.src && !one.naturalWidth).map(one => one.src)")
        == []
    )
    assert page.locator(".prose img").count() > 0
    page.locator("#pictures a").first.click()
    assert page.evaluate("window.__pwned ?? null") is None
    assert (seen.outside(), complaints(seen)) == ([], [])


def test_documents_that_are_opened_by_themselves_do_nothing(enter: Opening, trap: Path) -> None:
    seen = enter("badges/hostile-0.svg")
    for path in sorted((trap / "badges").glob("*.svg"))[:8]:
        seen.page.goto(path.as_uri())
        assert seen.page.evaluate("window.__pwned ?? null") is None
    assert (seen.outside(), complaints(seen)) == ([], [])
