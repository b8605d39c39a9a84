"""What axe-core finds on every type of page: WCAG 2.0 to 2.2 at AA, and its best practices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

SCHEMES = ("light", "dark")
WIDTHS = (320, 1280)
NOT_ON_DISK = {"404.html"}
"""It is made for a server: its links begin at the server's root."""


def page_types(site: Path) -> list[str]:
    """A page of every type: all at the top, and one of each folder."""
    top = [path.name for path in sorted(site.glob("*.html")) if path.name not in NOT_ON_DISK]
    below = [
        str(path.relative_to(site))
        for folder in sorted(path for path in site.iterdir() if path.is_dir())
        for path in sorted(folder.glob("*.html"))[:1]
    ]
    return top + below


def problems(visit: Visit) -> list[str]:
    found = Axe().run(visit.page).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_keeps_anybody_out(visit: Callable[..., Visit], site: Path, scheme: str, width: int) -> None:
    pages = page_types(site)
    assert {path.split("/")[0] for path in pages} >= {"index.html", "extensions", "category", "tag", "guides"}
    found = {}
    for path in pages:
        opened = visit(path, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
        if wrong := problems(opened):
            found[path] = wrong
        opened.page.context.close()
    assert found == {}


def test_the_filter_and_the_picture_in_full_keep_nobody_out(stroll: Callable[..., Visit]) -> None:
    opened = stroll("index.html?q=a", viewport={"width": 1280, "height": 900}, bypass_csp=True)
    opened.page.wait_for_selector("[data-painted]")
    assert problems(opened) == []
