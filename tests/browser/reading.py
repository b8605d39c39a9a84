"""What a reader sees of a live list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHUNK = 48
"""How many cards a list begins with."""
READY = "[data-browse][data-ready=search]"
NAMES = """() => [...document.querySelectorAll("[data-cards] > .card")]
  .filter((card) => card.offsetParent).map((card) => card.dataset.name)"""


def ready(page: Page) -> Page:
    """The page, once its search answers."""
    page.locator(READY).wait_for()
    return page


def names(page: Page) -> list[str]:
    """The names of the cards that can be seen, in their order."""
    found: list[str] = page.evaluate(NAMES)
    return found


def search(page: Page) -> Locator:
    """The box for the search."""
    return page.get_by_role("searchbox", name="Search extensions")


def value(page: Page, facet: str, label: str) -> Locator:
    """The box of a facet's value."""
    labels = page.locator(f"[data-facet={facet}] li label", has=page.get_by_text(label, exact=True))
    return labels.locator("input")


def count(page: Page) -> int:
    """How many entries the page says that it shows."""
    return int(page.locator("[data-found]").inner_text().split()[0].replace(",", ""))


def shows(page: Page, query: str) -> None:
    """Wait until the address has this query."""
    page.wait_for_url(lambda url: urlsplit(url).query == query)


def complete(page: Page) -> None:
    """Wait until all cards that a list begins with are drawn."""
    cards = page.locator("[data-cards] > .card")
    expect(cards).to_have_count(min(CHUNK, count(page)))
