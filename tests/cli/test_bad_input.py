"""Whatever lies in a workspace, commands end with a finding or a clear error, and write nothing by halves."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalog.cli.app import run
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.workspace.workspace import open_workspace
from tests.support.trees import MANIFEST, app, tree

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
MANIFESTS: dict[str, Any] = {
    "missing": None,
    "empty": "",
    "blank": " \n",
    "not UTF-8": b"\xff\xfe\x00",
    "a byte-order mark alone": b"\xef\xbb\xbf",
    "a list": "[]",
    "a number": "1",
    "cut off": '{"name": "notes"',
    "a key twice": '{"name": "notes", "name": "other"}',
    "deep": "[" * 50_000,
    "huge": '{"a": "' + "x" * 1_100_000 + '"}',
    "all fields of the wrong type": {
        name: [[]] for name in (*MANIFEST, "tags", "image", "env_defaults", "x-catalog")
    },
    "null fields": dict.fromkeys(MANIFEST),
    "a name that leads out": {**MANIFEST, "name": "../../etc/passwd"},
    "a picture that leads out": {**MANIFEST, "preview_image": "../../../../etc/passwd"},
    "control characters": {**MANIFEST, "description": "\x1b]0;owned\x07\x00", "name": "notes"},
}
COMPOSES: dict[str, Any] = {
    "empty": "",
    "not UTF-8": b"services: \xff",
    "a list": "- a\n",
    "null services": "services:\n",
    "a null service": "services:\n  web:\n",
    "services as a list": "services: [a, b]\n",
    "a key twice": "services: {}\nservices: {}\n",
    "a bomb of aliases": BOMB,
    "deep": "services: " + "{a: " * 500,
    "brackets": "[" * 200_000,
    "tabs": "services:\n\tweb:\n",
    "two documents": "services: {}\n---\nservices: {}\n",
    "a tag": "services: !!python/object:os.system {}\n",
    "an include of itself": "include: [docker-compose.yml]\nservices: {a: {image: b:1}}\n",
    "an include that leads out": "include: [../../../etc/passwd]\nservices: {a: {image: b:1}}\n",
    "a build that leads out": "services: {a: {build: ../../..}}\n",
    "every key null": "services: {a: {image: x:1, ports: , volumes: , deploy: , environment: }}",
    "every key a number": "services: {a: {image: 1, ports: 2, volumes: 3, deploy: 4, build: 6}}",
}
COMMANDS = (
    ["list"],
    ["show", "notes"],
    ["sync-compose"],
    ["validate"],
    ["build", "--registry-only"],
    ["bump", "notes", "patch"],
)


def run_all(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """Run every command in `root`; the exit codes. None may fail inside itself."""
    codes = {}
    for command in COMMANDS:
        codes[command[0]] = run(["--workspace", str(root), "--json", *command])
        out = capsys.readouterr().out
        assert "catalog itself" not in out
        json.loads(out)
    assert not [path for path in root.rglob(".*") if ".new-" in path.name or path.name.endswith(".old")]
    return codes


@pytest.mark.parametrize("content", MANIFESTS.values(), ids=MANIFESTS)
def test_any_manifest_ends_in_findings(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = app()
    if content is None:
        del files["apps/notes/kamiwaza.json"]
    else:
        files["apps/notes/kamiwaza.json"] = content
    codes = run_all(tree(tmp_path, files), capsys)
    assert codes["list"] == 0
    assert set(codes.values()) <= {0, 1}
    is_sound = content == MANIFESTS["control characters"]
    assert (codes["validate"], codes["build"]) == ((0, 0) if is_sound else (1, 1))
    assert (tmp_path / "build").exists() == is_sound


@pytest.mark.parametrize("content", COMPOSES.values(), ids=COMPOSES)
def test_any_compose_file_ends_in_findings(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = run_all(tree(tmp_path, app(compose=content)), capsys)
    assert set(codes.values()) <= {0, 1}
    assert (codes["validate"] == 0) == (codes["build"] == 0)


@pytest.mark.parametrize(
    "name", ["with space", "dots..", "Ünïcödé", "-dash", "new\nline", "quote'\"", "x" * 200, "$(id)"]
)
def test_an_odd_directory_name_is_a_finding(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path, app(name))
    run(["--workspace", str(tmp_path), "sync-compose"])
    assert run(["--workspace", str(tmp_path), "validate", "--json"]) == 1
    out = capsys.readouterr().out
    assert "KZ011" in out


def test_files_whose_names_are_not_utf8_do_not_stop_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path, app())
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/apps/notes/\xff\xfe.png")).write_bytes(b"x")
    run_all(tmp_path, capsys)


def built(root: Path, *options: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own, which may write files of at most `limit` bytes."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [
        sys.executable,
        "-m",
        "catalog",
        "--workspace",
        str(root),
        "build",
        "--registry-only",
        *options,
    ]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, preexec_fn=limited
    )


def workspace(root: Path) -> Path:
    tree(root, app())
    sync_compose(open_workspace(root, root), SyncRequest())
    return root


def test_a_disk_that_takes_no_more_is_exit_3_and_the_old_build_stays(tmp_path: Path) -> None:
    assert built(workspace(tmp_path)).returncode == 0
    before = (tmp_path / "build/kamiwaza-extension-registry/garden/default/apps.json").read_bytes()
    tree(tmp_path, app(manifest={"description": "Something new, so that there is something to write."}))
    done = built(tmp_path, limit=100)
    assert done.returncode == 3
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "build/kamiwaza-extension-registry/garden/default/apps.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["kamiwaza-extension-registry"]


@pytest.mark.parametrize("out", ["/proc/catalog", "/dev/null", "file"])
def test_an_output_that_cannot_be_written_is_exit_3(out: str, tmp_path: Path) -> None:
    tree(workspace(tmp_path), {"file": "x"})
    done = built(tmp_path, "--out", str(tmp_path / out))
    assert done.returncode in {2, 3}
    assert "error" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_an_app_garden_file_that_cannot_be_read_is_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = workspace(tmp_path) / "apps/notes/docker-compose.appgarden.yml"
    path.write_bytes(b"\xff\xfe precious")
    run_all(tmp_path, capsys)
    assert path.read_bytes() == b"\xff\xfe precious"
