from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from catalog.site.pictures import make_picture
from catalog.site.shell import material_shell, plain_shell
from scripts.bench.entries import many
from tests.site.building import build, write
from tests.site.sample import TEMPLATES, draw_pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser | None]:
    """The browser, started once; None on a machine that has none."""
    if CHROMIUM is None:
        yield None
        return
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    )
    yield browser
    browser.close()


@pytest.fixture(scope="session", params=["material", "plain"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a website on the disk, in each skin."""
    root = tmp_path_factory.mktemp(request.param)
    drawn = draw_pictures(tmp_path_factory.mktemp("drawn"))
    pictures = {name: make_picture(path, root / "cache") for name, path in drawn.items()}
    shell = plain_shell(TEMPLATES) if request.param == "plain" else material_shell(TEMPLATES, root / "cache")
    readable = {name: picture for name, picture in pictures.items() if picture}
    return write(build(shell, pictures=readable), root / "registry") / "site"


LEFT_BEHIND = "net::ERR_ABORTED"
"""What a request ends with when its page is left or loaded again before it is through."""


@dataclass
class Visit:
    """An open page with everything that it asked for and complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> Visit:
        self.page.on("request", self._note_request)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._note_failure)
        return self

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _note_failure(self, request: Request) -> None:
        if request.failure != LEFT_BEHIND:
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def outside(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@pytest.fixture(scope="session", params=["material", "plain"])
def garden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a website with 120 entries, some of which are deprecated, in each skin."""
    root = tmp_path_factory.mktemp(request.param)
    shell = plain_shell(TEMPLATES) if request.param == "plain" else material_shell(TEMPLATES, root / "cache")
    registry, facts = many(120)
    return write(build(shell, registry, facts), root / "registry") / "site"


@contextmanager
def opening(chromium: Browser | None, folder: Path) -> Iterator[Callable[..., Visit]]:
    """What opens pages of a folder; options are those of a browser context."""
    if chromium is None:
        pytest.skip("Chromium is not installed, so no page was looked at: install chromium to run this test")
    contexts = []

    def open_page(path: str = "index.html", **options: Any) -> Visit:
        context = chromium.new_context(**options)
        contexts.append(context)
        visit = Visit(context.new_page()).listen()
        visit.page.goto(f"{folder.as_uri()}/{path}")
        return visit

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def visit(chromium: Browser | None, site: Path) -> Iterator[Callable[..., Visit]]:
    """Opens a page of the site from the disk."""
    with opening(chromium, site) as open_page:
        yield open_page


@pytest.fixture
def stroll(chromium: Browser | None, garden: Path) -> Iterator[Callable[..., Visit]]:
    """Opens a page of the larger site from the disk, without a network."""
    with opening(chromium, garden) as open_page:
        yield lambda path="index.html", **options: open_page(path, offline=True, **options)
