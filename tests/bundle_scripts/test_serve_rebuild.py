"""While a build replaces the folder under serve-registry.py, each answer is wholly old or wholly new."""

from __future__ import annotations

import json
import threading
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from catalog.model.file_tree import TreeFile
from catalog.workspace.writing import swap_tree
from tests.bundle_scripts.server_process import Connection, RunningServer, running

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow
GENERATIONS = 60
STAYS = b"<!doctype html><title>stays</title>"


def generation(number: int) -> list[TreeFile]:
    """A registry whose files all tell its number, but for one that stays; the sizes differ."""
    catalog = json.dumps(
        [{"name": "notes", "version": f"1.0.{number}", "filling": "x" * (number % 7) * 9000}]
    )
    content = {
        "garden/default/apps.json": catalog.encode(),
        "garden/default/tools.json": b"[]",
        "site/index.html": STAYS,
        "site/large.bin": bytes([number]) * (3_000_000 + number),
    }
    return [TreeFile(PurePosixPath(name), text) for name, text in content.items()]


@pytest.fixture
def rebuilt(tmp_path: Path) -> Iterator[tuple[RunningServer, Path]]:
    """A server for a folder that may be replaced."""
    root = tmp_path / "build/kamiwaza-extension-registry"
    swap_tree(root, generation(0), markers=("garden",))
    with running(root, tmp_path) as server:
        yield server, root


def test_every_answer_is_wholly_old_or_wholly_new_while_builds_go_on(
    rebuilt: tuple[RunningServer, Path],
) -> None:
    server, root = rebuilt
    problems: list[str] = []
    answers = 0

    def build() -> None:
        for number in range(1, GENERATIONS):
            swap_tree(root, generation(number), markers=("garden",))

    builder = threading.Thread(target=build)
    builder.start()
    seen, connection = set(), Connection(server)
    while builder.is_alive():
        for name in ("garden/default/apps.json", "site/index.html", "healthz"):
            answer = connection.send(f"/{name}")
            answers += 1
            if answer.status != 200:
                problems.append(f"{name}: {answer.status}")
            elif name.endswith("apps.json"):
                seen.add(json.loads(answer.body)[0]["version"])
    connection.close()
    assert problems == []
    assert answers > 30
    assert len(seen) > 3


def test_a_download_that_began_before_a_build_ends_as_it_began(rebuilt: tuple[RunningServer, Path]) -> None:
    server, root = rebuilt
    with server.connect() as client:
        client.sendall(b"GET /site/large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = client.recv(1000)
        swap_tree(root, generation(1), markers=("garden",))
        received += b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert received.partition(b"\r\n\r\n")[2] == bytes(3_000_000)


def test_a_file_that_is_overwritten_in_place_breaks_its_download_off(
    rebuilt: tuple[RunningServer, Path],
) -> None:
    server, root = rebuilt
    large = root / "site/large.bin"
    large.write_bytes(bytes(30_000_000))
    with server.connect() as client:
        client.sendall(b"GET /site/large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = client.recv(1000)
        with large.open("r+b") as file:
            file.write(b"\x01" * 30_000_000)
        received += b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert len(received) < 30_000_000
    assert b"\x01" not in received.partition(b"\r\n\r\n")[2]
    assert "broke off" in server.logged("broke off")


def test_between_the_two_renames_of_a_build_the_old_one_is_served(
    rebuilt: tuple[RunningServer, Path],
) -> None:
    server, root = rebuilt
    server.get("/healthz")
    root.rename(root.with_name("moved"))
    assert server.get("/site/index.html").body == STAYS
    assert server.get("/healthz").status == 200


def test_a_file_that_an_unfinished_build_has_linked_is_served(rebuilt: tuple[RunningServer, Path]) -> None:
    server, root = rebuilt
    staging = root.with_name(f".{root.name}.new-77") / "site/index.html"
    staging.parent.mkdir(parents=True)
    staging.hardlink_to(root / "site/index.html")
    assert server.get("/site/index.html").body == STAYS
    (root.parent / "elsewhere").hardlink_to(staging)
    assert server.get("/site/index.html").status == 404


def test_a_registry_that_is_gone_is_not_healthy(rebuilt: tuple[RunningServer, Path]) -> None:
    server, root = rebuilt
    for file in root.rglob("*.json"):
        file.unlink()
    assert (server.get("/healthz").status, server.get("/garden/default/apps.json").status) == (503, 404)


def test_of_a_bundle_only_what_its_list_names_is_served(tmp_path: Path) -> None:
    root = tmp_path / "registry"
    listed = ("garden/default/apps.json", "site/index.html")
    for name in (*listed, "site/left-over.html", "garden/default/app-garden-images/left-over.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("[]")
    (root / "SHA256SUMS").write_text("".join(f"{'0' * 64}  {name}\n" for name in listed))
    with running(root, tmp_path) as server:
        assert [server.get(f"/{name}").status for name in listed] == [200, 200]
        assert server.get("/site/left-over.html").status == 404
        assert server.get("/garden/default/app-garden-images/left-over.png").status == 404
        assert server.get("/SHA256SUMS").status == 404
        with (root / "SHA256SUMS").open("a") as sums:
            sums.write(f"{'0' * 64}  site/left-over.html\n")
        assert server.get("/site/left-over.html").status == 200
