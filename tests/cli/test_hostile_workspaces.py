"""Whatever people, and those who mean harm, put into a workspace: commands end well, builds stay whole."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from catalog.cli.app import run
from catalog.operations.build import BuildRequest, BuildResult, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.workspace.workspace import open_workspace
from tests.cli.test_bad_input import run_all
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.workspace.workspace import Workspace

Capture = pytest.CaptureFixture[str]
DIGEST = "sha256:" + "a" * 64


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def validated(root: Path, capsys: Capture) -> tuple[int, set[str]]:
    """The exit code of validate, and the codes of its findings."""
    code = run(["--workspace", str(root), "--json", "validate"])
    found = json.loads(capsys.readouterr().out)["findings"]
    return code, {finding["code"] for finding in found}


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG whose header says this size, and whose compressed data is that of `rows`."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


SOUND_PNG = png(2, 2, (b"\0" + b"\x80" * 6) * 2)
SCRIPT = '<script>alert(1)</script><image href="https://evil.test/x.png" width="1" height="1"/>'
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(2)">{SCRIPT}</svg>'
PREVIEWS: dict[str, tuple[str, bytes, set[str]]] = {
    "a decompression bomb": ("preview.png", png(100_000, 100_000, bytes(10_000_000)), {"KZ406"}),
    "cut off": ("preview.png", SOUND_PNG[:-30], {"KZ406"}),
    "lying about its type": ("preview.png", b"GIF89a" + bytes(40), {"KZ406", "KZ407"}),
    "lying about its size": ("preview.png", png(2000, 2000, b"\0" * 7), {"KZ406"}),
    "a program": ("preview.png", b"\x7fELF" + bytes(100), {"KZ406", "KZ407"}),
    "empty": ("preview.png", b"", {"KZ406", "KZ407"}),
    "an SVG with script": ("preview.svg", SVG.encode(), set()),
}


def test_previews_that_mean_harm_are_named_and_the_site_has_nothing_of_them(
    tmp_path: Path, capsys: Capture
) -> None:
    folders = {row: f"app-{number}" for number, row in enumerate(PREVIEWS)}
    for row, (name, content, _) in PREVIEWS.items():
        folder = folders[row]
        tree(tmp_path, {**app(folder, manifest={"preview_image": name}), f"apps/{folder}/{name}": content})
    run(["--workspace", str(tmp_path), "sync-compose"])
    capsys.readouterr()
    assert run(["--workspace", str(tmp_path), "--json", "build"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    for row, (_, _, codes) in PREVIEWS.items():
        assert {one["code"] for one in found if f"apps/{folders[row]}/" in one["file"]} == codes, row
    pages = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "build").rglob("*.html"))
    assert "alert(" not in pages
    assert "evil.test" not in pages


COMPOSES: dict[str, tuple[str, set[str]]] = {
    "extends in a circle": (
        "services: {a: {extends: {service: b}}, b: {extends: {service: a}}}\n", {"KZ204"},
    ),
    "extends of itself": ("services: {a: {extends: {service: a}}}\n", {"KZ204"}),
    "extends from outside": (
        "services: {a: {extends: {file: ../../../etc/passwd, service: a}}}\n", {"KZ204"},
    ),
    "include in a circle": ("include: [docker-compose.yml]\nservices: {a: {image: 'b:1'}}\n", {"KZ204"}),
    "include from outside": ("include: [/etc/passwd]\nservices: {a: {image: 'b:1'}}\n", {"KZ204"}),
    "an upper-case reference": ("services: {a: {image: Acme/Web}}\n", {"KZ115"}),
    "a Windows path": ("services: {a: {image: 'b:1', volumes: ['C:\\data:/data', 'D:\\x']}}\n", {"KZ211"}),
}  # fmt: skip


@pytest.mark.parametrize("row", COMPOSES)
def test_a_compose_file_that_cannot_be_taken_as_it_is_says_why(
    row: str, tmp_path: Path, capsys: Capture
) -> None:
    text, codes = COMPOSES[row]
    tree(tmp_path, app(compose=text))
    run_all(tmp_path, capsys)
    code, found = validated(tmp_path, capsys)
    assert codes <= found
    assert code == (1 if codes != {"KZ211"} else 0)


def test_extends_of_two_files_that_name_each_other_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    tree(
        tmp_path,
        {
            **app(compose="services: {a: {extends: {file: one.yml, service: a}}}\n"),
            "apps/notes/one.yml": "services: {a: {extends: {file: two.yml, service: a}}}\n",
            "apps/notes/two.yml": "services: {a: {extends: {file: one.yml, service: a}}}\n",
        },
    )
    run_all(tmp_path, capsys)
    assert "KZ204" in validated(tmp_path, capsys)[1]


REFERENCES = (
    "localhost:5000/acme/web:1",
    "registry.acme.test:443/a/b/c:1.2",
    "[::1]:5000/acme/web:1",
    f"acme/web@{DIGEST}",
    f"registry.acme.test:5000/acme/web:1@{DIGEST}",
)


def test_references_with_ports_and_digests_get_into_the_catalog_as_they_are(tmp_path: Path) -> None:
    services = "".join(f"  s{number}: {{image: '{image}'}}\n" for number, image in enumerate(REFERENCES))
    tree(tmp_path, app(compose=f"services:\n{services}"))
    assert entry(built(synced(tmp_path)))["docker_images"] == list(REFERENCES)


PLACES = {
    "image": "image: '{}'",
    "a tag": "image: 'a:{}'",
    "a port": "image: 'a:1'\n    ports: ['{}']",
    "a long port": "image: 'a:1'\n    ports: [{{target: '{}'}}]",
    "a mount's source": "image: 'a:1'\n    volumes: ['{}:/x']",
    "a mount's target": "image: 'a:1'\n    volumes: ['x:{}']",
    "an environment value": "image: 'a:1'\n    environment: {{A: '{}'}}",
    "an environment name": "image: 'a:1'\n    environment: ['{}=1']",
    "a command": "image: 'a:1'\n    command: ['{}']",
    "a limit": "image: 'a:1'\n    deploy: {{resources: {{limits: {{memory: '{}'}}}}}}",
    "a build": "build: '{}'",
    "a Dockerfile": "build: {{context: ., dockerfile: '{}'}}",
    "a dependency": "image: 'a:1'\n    depends_on: ['{}']",
    "extends": "extends: {{service: '{}'}}",
    "a host": "image: 'a:1'\n    extra_hosts: ['{}:1.2.3.4']",
    "network_mode": "image: 'a:1'\n    network_mode: '{}'",
    "a profile": "image: 'a:1'\n    profiles: ['{}']",
    "a platform": "image: 'a:1'\n    platform: '{}'",
    "a label": "image: 'a:1'\n    labels: {{'{}': x}}",
    "a health check": "image: 'a:1'\n    healthcheck: {{test: '{}'}}",
    "a file of variables": "image: 'a:1'\n    env_file: '{}'",
}


VALUES = ("${}", "${A}", "${A:-b}", "${A:?gone}", "$A", "${A:-${B:-c}}", "${", "${A:-$(id)}")


@pytest.mark.parametrize("place", PLACES)
def test_a_variable_in_any_place_is_resolved_kept_or_refused(
    place: str, tmp_path: Path, capsys: Capture
) -> None:
    for number, value in enumerate(VALUES):
        compose = f"services:\n  web:\n    {PLACES[place].format(value)}\n"
        tree(tmp_path, app(f"app-{number}", compose=compose))
    assert run(["--workspace", str(tmp_path), "sync-compose"]) in {0, 1}
    assert run(["--workspace", str(tmp_path), "validate"]) in {0, 1}
    assert "catalog itself" not in "".join(capsys.readouterr())


def synced(root: Path) -> Workspace:
    workspace = open_workspace(root, root)
    sync_compose(workspace, SyncRequest())
    return workspace


def built(workspace: Workspace) -> BuildResult:
    result = build(workspace, BuildRequest(record_history=False))
    assert result.root is not None, result.findings
    return result


def entry(result: BuildResult) -> dict[str, Any]:
    assert result.root is not None
    (made,) = json.loads((result.root / "garden/default/apps.json").read_text(encoding="utf-8"))
    assert isinstance(made, dict)
    return made


@pytest.mark.slow
def test_a_thousand_services_are_a_compose_file_like_any_other(tmp_path: Path) -> None:
    services = "".join(f"  s{n}: {{image: 'a{n}:1', depends_on: [s{max(n - 1, 0)}]}}\n" for n in range(1000))
    tree(tmp_path, app(compose=f"services:\n{services.replace('depends_on: [s0]', 'tty: true', 1)}"))
    made = entry(built(synced(tmp_path)))
    assert len(made["docker_images"]) == 1000


@pytest.mark.slow
@pytest.mark.parametrize("part", ["word ", "[", "> ", "| a ", "<b>"])
def test_a_readme_of_ten_megabytes_does_not_stop_the_build(part: str, tmp_path: Path) -> None:
    tree(tmp_path, {**app(), "apps/notes/README.md": part * (10_000_000 // len(part))})
    result = built(synced(tmp_path))
    assert result.root is not None
    assert (result.root / "index.html").is_file()


@pytest.mark.slow
def test_a_workspace_that_changes_while_it_is_read_gives_a_whole_catalog(tmp_path: Path) -> None:
    names = [f"app-{number}" for number in range(12)]
    tree(tmp_path, {path: content for name in names for path, content in app(name).items()})
    workspace = synced(tmp_path)
    done = threading.Event()

    def edit() -> None:
        """Write, move away and put back, as editors and version control do, until the builds are over."""
        number = 0
        while not done.is_set():
            folder = tmp_path / "apps" / names[number % len(names)]
            (folder / "README.md").write_text(f"# {number}\n" * 50, encoding="utf-8")
            away = folder.with_name(f".{folder.name}")
            folder.rename(away)
            away.rename(folder)
            number += 1

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        results = [build(workspace, BuildRequest(record_history=False)) for _ in range(4)]
    finally:
        done.set()
        editor.join()
    for result in results:
        assert result.root is not None or result.findings
    made = json.loads((built(workspace).root or tmp_path).joinpath("garden/default/apps.json").read_text())
    assert [one["name"] for one in made] == sorted(names)


@pytest.mark.slow
def test_two_builds_at_once_in_one_workspace_leave_one_whole_build(tmp_path: Path) -> None:
    names = [f"app-{number}" for number in range(6)]
    tree(tmp_path, {path: content for name in names for path, content in app(name).items()})
    synced(tmp_path)
    command = [sys.executable, "-m", "catalog", "--workspace", str(tmp_path), "--quiet", "build"]

    def start(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ)
        )

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(start, range(2)))
    assert {one.returncode for one in done} <= {0, 5}, [one.stderr for one in done]
    assert 0 in {one.returncode for one in done}
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["kamiwaza-extension-registry"]
    root = tmp_path / "build/kamiwaza-extension-registry"
    assert [one["name"] for one in json.loads((root / "garden/default/apps.json").read_text())] == names
    assert len(list(root.rglob("index.html"))) > 0
