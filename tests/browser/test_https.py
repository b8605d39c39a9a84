"""The website as `catalog serve` serves it over HTTPS, in a browser."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import Error

from catalog.cli.app import run
from tests.browser.conftest import Visit
from tests.serving.served import Served, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

# Chromium gives up what it loads when the machine's network changes, as it does for each container.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("engine")]

NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
TRIES = 3
SAMPLES = "extensions"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The sample extensions, built with the shipped look and served with a certificate of their own."""
    workspace = tmp_path_factory.mktemp("served") / "workspace"
    shutil.copytree(request.config.rootpath / SAMPLES, workspace, ignore=shutil.ignore_patterns("build"))
    assert run(["--quiet", "--workspace", str(workspace), "build"]) == 0
    with serving(workspace, "--host", "127.0.0.1", "--state", workspace.parent / "state") as it:
        yield it


@pytest.fixture
def visit(chromium: Browser | None, served: Served) -> Iterator[Callable[[str, dict[str, int]], Visit]]:
    """Opens a page; the browser takes the server's certificate as if its user had trusted it."""
    if chromium is None:
        pytest.skip("Chromium is not installed, so no page was looked at: install chromium to run this test")
    contexts = []

    def opened(path: str, size: dict[str, int]) -> Visit:
        for _ in range(TRIES):
            context = chromium.new_context(
                ignore_https_errors=True, viewport={"width": size["width"], "height": size["height"]}
            )
            contexts.append(context)
            it = Visit(context.new_page()).listen()
            if is_loaded(it, f"{served.url}/{path}"):
                return it
        pytest.fail(f"the machine's network changed {TRIES} times while {path} was loaded")

    yield opened
    for context in contexts:
        context.close()


def is_loaded(visit: Visit, url: str) -> bool:
    """Load a page with all that it asks for; False if the machine's network changed meanwhile."""
    try:
        answer = visit.page.goto(url)
        visit.page.wait_for_load_state("networkidle")
    except Error as error:
        if NETWORK_CHANGED in error.message:
            return False
        raise
    assert answer is not None
    assert answer.status == 200
    return not any(NETWORK_CHANGED in complaint for complaint in visit.complaints)


PATHS = ("", "site/index.html", "site/extensions/field-notes.html", "site/extensions/service-embeddings.html")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", PATHS)
def test_a_served_page_asks_its_server_alone_and_complains_of_nothing(
    visit: Callable[[str, dict[str, int]], Visit],
    served: Served,
    path: str,
    size: dict[str, int],
    tmp_path: Path,
) -> None:
    seen = visit(path, size)
    assert seen.page.url.startswith(f"{served.url}/site/")
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith((f"{served.url}/", "data:"))] == []
    assert " 404" not in served.log.read_text()  # browsers do not tell of an icon that they guessed
    picture = Image.open(io.BytesIO(seen.page.screenshot(path=tmp_path / "page.png")))
    assert picture.size == (size["width"], size["height"])
    assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 100


def test_a_served_page_is_under_the_policy_of_its_server(
    visit: Callable[[str, dict[str, int]], Visit], served: Served
) -> None:
    page = visit("site/index.html", WIDE).page
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate(
            "document.head.append(Object.assign(document.createElement('script'), {text: 'owned = 1'}))"
        )
    assert page.evaluate("typeof owned") == "undefined"
    assert page.evaluate("location.protocol") == "https:"
    del served
