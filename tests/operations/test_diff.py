"""`catalog diff`, over every form in which a registry is found."""

from __future__ import annotations

import functools
import http.server
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from catalog.operations.diff import DiffRequest, diff
from catalog.registry.picture_name import published_name
from tests.support.bundles import small_bundle
from tests.support.speaking import said
from tests.support.trees import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.operations.diff import DiffResult

NOTES = {"name": "notes", "version": "1.0.0", "template_type": "app"}
SEARCH = {"name": "tool-search", "version": "1.0.0"}


def registry(folder: Path, garden: str = "default", **notes: Any) -> Path:
    files = {
        f"garden/{garden}/apps.json": json.dumps([NOTES | notes]),
        f"garden/{garden}/tools.json": json.dumps([SEARCH]),
    }
    return tree(folder, files)


def outcomes(result: DiffResult) -> dict[str, str]:
    return {one.name: one.outcome.value for one in result.differences}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/broken/"):
            self.send_error(503)
        elif self.path.startswith("/long/"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"[" + b" " * 2_000 + b"]")
        else:
            super().do_GET()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the folder `served` can be fetched from."""
    served = tmp_path / "served"
    served.mkdir()
    handler = functools.partial(_Quiet, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    "place", ["", "kamiwaza-extension-registry", "build/kamiwaza-extension-registry"], ids=str
)
def test_a_registry_is_found_where_builds_and_bundles_put_it(tmp_path: Path, place: str) -> None:
    registry(tmp_path / "old" / place)
    registry(tmp_path / "new" / place, version="1.1.0")
    result = diff(DiffRequest(old=str(tmp_path / "old"), new=str(tmp_path / "new")))
    assert outcomes(result) == {"notes": "upgraded"}
    assert (result.old_entries, result.new_entries) == (2, 2)


def test_a_file_or_a_garden_alone_is_enough_and_generations_may_differ(tmp_path: Path) -> None:
    old = registry(tmp_path / "old", "v2")
    new = registry(tmp_path / "new")
    for one in (old, old / "garden/v2", old / "garden/v2/apps.json"):
        for other in (new, new / "garden/default/apps.json"):
            assert diff(DiffRequest(old=str(one), new=str(other))).differences == ()


def test_a_published_catalog_differs_in_nothing_from_a_build_of_another_generation(tmp_path: Path) -> None:
    picture = b"content"
    built = "/garden/default/app-garden-images/notes.png"
    published = f"images/{published_name('notes.png', picture)}"
    old = registry(tmp_path / "old", "v2", preview_image=published, kamiwaza_version=">=1")
    new = registry(tmp_path / "new", preview_image=built)
    tree(new, {"garden/default/app-garden-images/notes.png": picture})
    for files in (("old", "new"), ("old/garden/v2", "new/garden/default"), ("new", "old")):
        first, second = (str(tmp_path / name) for name in files)
        assert outcomes(diff(DiffRequest(old=first, new=second))) == {}
    tree(new, {"garden/default/app-garden-images/notes.png": b"other"})
    assert outcomes(diff(DiffRequest(old=str(old), new=str(new)))) == {"notes": "changed"}


def test_of_several_generations_the_first_that_both_have_is_compared(tmp_path: Path) -> None:
    old = registry(tmp_path / "old", "v2", author="Ada")
    registry(tmp_path / "new", author="Bob")
    new = registry(tmp_path / "new", "v2", author="Ada")
    assert outcomes(diff(DiffRequest(old=str(old), new=str(new)))) == {}


def test_a_bundle_is_compared_without_being_unpacked(tmp_path: Path) -> None:
    bundle = small_bundle(tmp_path)
    result = diff(DiffRequest(old=str(bundle), new=str(registry(tmp_path / "new"))))
    assert result.old_entries > 0
    assert diff(DiffRequest(old=str(bundle), new=str(bundle))).differences == ()


def test_a_served_registry_is_fetched(tmp_path: Path, address: str) -> None:
    registry(tmp_path / "served")
    result = diff(DiffRequest(old=f"{address}/", new=str(registry(tmp_path / "new", version="0.9.0"))))
    assert outcomes(result) == {"notes": "downgraded"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/nothing", "has no garden/default/apps.json"), ("/broken", "answers with 503")],
)
def test_what_a_server_does_not_give_is_told(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str], path: str, reason: str
) -> None:
    assert reason in said(capsys, "diff", f"{address}{path}", registry(tmp_path / "new"), code=3)


def test_what_is_no_registry_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = registry(tmp_path / "there")
    assert "cannot be read" in said(capsys, "diff", tmp_path / "nowhere", there, code=3)
    (tmp_path / "empty").mkdir()
    assert "has no garden/default/apps.json" in said(capsys, "diff", tmp_path / "empty", there, code=3)
    wrong = tree(tmp_path / "wrong", {"apps.json": "<html>"})
    assert "is no catalog: line 1, column 1" in said(capsys, "diff", wrong / "apps.json", there, code=4)


def test_people_see_each_change_on_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = registry(tmp_path / "old", docker_images=["acme/a:1"], author="a\x1b[2Jb")
    new = registry(
        tmp_path / "new", version="2.0.0", docker_images=["acme/a:2", "acme/b:1"], license="x" * 90
    )
    out = said(capsys, "diff", old, new)
    assert out.splitlines() == [
        "notes (app) upgraded 1.0.0 -> 2.0.0",
        "    ~ image acme/a: 1 -> 2",
        "    + image acme/b 1",
        "    - field author",
        f"    + field license {'x' * 59}…",
        "1 differ: 2 entries before, 2 now.",
    ]
    assert "No difference: 2 entries before, 2 now." in said(capsys, "diff", old, old)


def test_programs_and_release_notes_get_their_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = registry(tmp_path / "old"), registry(tmp_path / "new", version="2.0.0")
    note = said(capsys, "diff", old, new, "--format", "markdown")
    assert note == "## Upgraded\n\n- **notes** (app) 1.0.0 → 2.0.0\n"
    for option in (("--json",), ("--format", "json")):
        document = json.loads(said(capsys, "diff", old, new, *option))
        assert document["differences"][0]["outcome"] == "upgraded"


def test_a_difference_is_a_failure_only_when_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = registry(tmp_path / "old"), registry(tmp_path / "new", version="2.0.0")
    said(capsys, "diff", old, new, "--exit-code", code=1)
    said(capsys, "diff", old, old, "--exit-code")
