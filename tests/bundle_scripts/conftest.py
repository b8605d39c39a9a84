"""A registry with everything a server must and must not serve, and a server that runs on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.bundle_scripts.server_process import Connection, RunningServer, running
from tests.bundle_scripts.unpacked import Made, new_key, unpacked_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTED = {
    "index.html": b"<!doctype html><title>home</title>",
    "site/index.html": b"<!doctype html><title>site</title>",
    "site/style.css": b"body { color: black }",
    "site/catalog-data.js": b"var catalog = []",
    "site/apps/notes/index.html": b"<!doctype html><title>notes</title>",
    "site/a b\N{LATIN SMALL LETTER E WITH ACUTE}.txt": b"a name that is escaped in links",
    "site/data.bin": b"\x00\x01",
    "site/feed.xml": b"<feed/>",
    "site/assets/main-57a0d79d88.css": b"body { color: green }",
    "site/pictures/99c3c05f78d4a69a-640.webp": b"RIFF one",
    "garden/default/apps.json": b'[{"name": "notes"}]',
    "garden/default/tools.json": b"[]",
    "garden/default/app-garden-images/notes.png": b"\x89PNG one",
    "garden/v2/apps.json": b'[{"name": "notes", "kamiwaza_version": ">=1.0"}]',
    "garden/v2/tools.json": b"[ ]",
    "garden/v2/images/notes.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}
SECRET = b"not for clients"
UNLISTED = (
    "serve-registry.py",
    "package-setup.sh",
    "README.md",
    "kamiwaza-registry.env",
    "apps.json",
    ".certs/server.key",
    "images/notes.png",
    "site/.git/config",
    "garden/apps.json",
    "garden/default/index.html",
    "garden/default/notes.json",
    "garden/default/docker-images/blobs.tar",
    "garden/default/docker-images/notes.png",
    "garden/default/app-garden-images/notes.txt",
    "garden/default/app-garden-images/.hidden.png",
    "garden/default/app-garden-images/below/notes.png",
    "garden/v9/apps.json",
    "garden/.backup/apps.json",
)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with listed files, unlisted ones, links that lead out, and a pipe."""
    root = tmp_path_factory.mktemp("served") / "kamiwaza-extension-registry"
    for name, content in {**LISTED, **dict.fromkeys(UNLISTED, SECRET), "../outside.html": SECRET}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (root / "site/leak.html").symlink_to("../../outside.html")
    (root / "site/leaks").symlink_to("../..")
    (root / "garden/default/images").symlink_to("docker-images")
    (root / "site/linked.html").hardlink_to(root / "../outside.html")
    os.mkfifo(root / "site/pipe.html")
    return root


@pytest.fixture(scope="session")
def server(registry: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server for `registry` that many tests share; none of them may change it."""
    with running(registry, tmp_path_factory.mktemp("server")) as it:
        yield it


@pytest.fixture
def connection(server: RunningServer) -> Iterator[Connection]:
    """A connection to the shared server."""
    it = Connection(server)
    yield it
    it.close()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key whose path has a blank."""
    return new_key(tmp_path / "with space")


@pytest.fixture
def signed(tmp_path: Path, key: Path) -> Made:
    """A signed bundle, unpacked."""
    return unpacked_bundle(tmp_path / "kamiwaza-extension-registry", key)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder whose python3 says what it was to run."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "python3").write_text('#!/bin/sh\necho "ran: $*"\n')
    (folder / "python3").chmod(0o755)
    return folder
