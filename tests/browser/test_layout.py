"""Nothing on a page moves while it loads, at any width (Cumulative Layout Shift at most 0.02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

SHIFTS = """
() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((one) => { sum += one.value; }))
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum))));
})
"""


@pytest.mark.parametrize("width", [320, 1400])
@pytest.mark.parametrize("path", ["index.html", "compare.html", "stats.html", "guides/admins.html"])
def test_nothing_moves_while_a_page_loads(stroll: Callable[..., Visit], path: str, width: int) -> None:
    page = stroll(path, viewport={"width": width, "height": 800}).page
    if path == "index.html":
        page.wait_for_selector("[data-found]:not(:empty)")
    assert page.evaluate(SHIFTS) <= 0.02
