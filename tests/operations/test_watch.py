"""The watch: builds after edits, one at a time, what is shown, and that nothing is left running."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from catalog.cli.app import run
from catalog.errors import MissingError
from catalog.operations.watch import Rebuilding, Rebuilt, Watching, WatchRequest, watch
from catalog.operations.watch_build import build_command, build_once
from catalog.operations.watch_child import child
from catalog.operations.watch_server import ServerProcess
from catalog.workspace.workspace import open_workspace
from tests.support.stub_program import shell_program
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    Steps = Generator[Watching | Rebuilding | Rebuilt]

Children = Callable[[], set[int]]

MANIFEST = "apps/notes/kamiwaza.json"
PAGE = "site/extensions/notes.html"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of one sound app that was never built."""
    root = tree(tmp_path / "workspace", {**app(), "catalog.toml": '[catalog]\nskin = "plain"\n'})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run(["--quiet", "--workspace", str(root), "sync-compose"]) == 0
    return root


@pytest.fixture
def children() -> Children:
    """The processes that the test has started and that have not been waited for."""

    def running() -> set[int]:
        tasks = Path("/proc/self/task").iterdir()
        return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}

    before = running()
    return lambda: running() - before


@pytest.fixture
def steps(workspace: Path) -> Iterator[Steps]:
    with closing(watch(open_workspace(workspace, workspace), WatchRequest(port=0))) as it:
        yield it


def opened(steps: Steps) -> str:
    first = next(steps)
    assert isinstance(first, Watching)
    return first.url


def rebuilt(steps: Steps) -> tuple[tuple[str, ...], int]:
    """The next build: what it was for, and its exit code."""
    begun, ended = next(steps), next(steps)
    assert isinstance(begun, Rebuilding)
    assert isinstance(ended, Rebuilt)
    return begun.changed, ended.build_exit_code


def edit(workspace: Path, **changes: Any) -> None:
    path = workspace / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def answer(url: str, path: str = PAGE) -> tuple[int, str]:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request("GET", f"/{path}")
        response = connection.getresponse()
        return response.status, response.read().decode()


def page(url: str) -> str:
    status, text = answer(url)
    assert status == 200
    return text


@pytest.mark.slow
def test_an_edit_is_built_and_shown_and_a_broken_one_leaves_the_page_as_it_was(
    workspace: Path, steps: Steps, capfd: pytest.CaptureFixture[str]
) -> None:
    url = opened(steps)
    changed, code = rebuilt(steps)
    assert (MANIFEST in changed, code) == (True, 0)
    assert "Keeps notes." in page(url)

    edit(workspace, description="Keeps pages.")
    assert rebuilt(steps) == ((MANIFEST,), 0)
    assert "Keeps pages." in page(url)
    before = page(url)
    capfd.readouterr()

    edit(workspace, risk_tier=7)
    assert rebuilt(steps) == ((MANIFEST,), 1)
    assert f"{MANIFEST}:1:" in capfd.readouterr().out
    assert page(url) == before

    edit(workspace, risk_tier=1)
    assert rebuilt(steps) == ((MANIFEST,), 0)
    assert page(url) != before


@pytest.mark.slow
def test_a_workspace_that_does_not_build_yet_is_waited_for(workspace: Path, steps: Steps) -> None:
    edit(workspace, risk_tier=7)
    url = opened(steps)
    assert rebuilt(steps)[1] == 1
    assert answer(url)[0] == 503
    edit(workspace, risk_tier=0)
    assert rebuilt(steps) == ((MANIFEST,), 0)
    assert "Keeps notes." in page(url)


@pytest.mark.slow
def test_no_built_file_knows_of_the_watch(workspace: Path, steps: Steps) -> None:
    url = opened(steps)
    assert rebuilt(steps)[1] == 0
    assert "/.watch/" in page(url)
    built = [file for file in (workspace / "build").rglob("*") if file.is_file()]
    assert [file for file in built if b".watch" in file.read_bytes()] == []


@pytest.mark.slow
def test_the_number_of_the_build_changes_with_each_that_succeeds(workspace: Path, steps: Steps) -> None:
    url = opened(steps)
    seen = [answer(url, ".watch/build")]
    for risk_tier in (0, 7, 1):
        edit(workspace, risk_tier=risk_tier)
        rebuilt(steps)
        seen.append(answer(url, ".watch/build"))
    assert (seen[0], seen[1] == seen[2], len(set(seen))) == ((200, ""), True, 3)


@pytest.mark.slow
def test_when_the_watch_ends_its_server_and_its_pages_are_gone(workspace: Path, children: Children) -> None:
    steps = watch(open_workspace(workspace, workspace), WatchRequest(port=0))
    url = opened(steps)
    rebuilt(steps)
    assert len(children()) == 1
    steps.close()
    assert children() == set()
    with pytest.raises(ConnectionRefusedError):
        page(url)


@pytest.mark.slow
def test_a_server_that_ends_ends_the_watch_with_the_reason(
    workspace: Path, steps: Steps, children: Children
) -> None:
    opened(steps)
    rebuilt(steps)
    (server,) = children()
    os.kill(server, signal.SIGKILL)
    with pytest.raises(MissingError, match="has ended"):
        next(steps)
    del workspace


def test_a_server_is_started_only_when_there_is_something_to_serve(
    tmp_path: Path, children: Children
) -> None:
    with ServerProcess(tmp_path) as server:
        assert server.port() is None
        assert children() == set()


def test_a_server_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, children: Children
) -> None:
    refusing = shell_program(tmp_path / "bin" / "python", "echo first >&2; echo 'no such thing' >&2; exit 3")
    monkeypatch.setattr("sys.executable", str(refusing))
    tree(tmp_path, {"build/kamiwaza-extension-registry/garden/default": None})
    with ServerProcess(tmp_path) as server, pytest.raises(MissingError, match="has ended: no such thing"):
        server.port()
    assert children() == set()


def test_a_server_that_says_nothing_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(shell_program(tmp_path / "bin" / "python", "exit 0")))
    tree(tmp_path, {"build/kamiwaza-extension-registry/garden/default": None})
    with ServerProcess(tmp_path) as server, pytest.raises(MissingError, match="it did not say why"):
        server.port()


def test_a_build_under_way_ends_with_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, children: Children
) -> None:
    endless = shell_program(tmp_path / "python", "kill -INT $PPID; exec sleep 600")
    monkeypatch.setattr("sys.executable", str(endless))
    with pytest.raises(KeyboardInterrupt):
        build_once(tmp_path, [])
    assert children() == set()


def test_a_program_that_will_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, children: Children
) -> None:
    monkeypatch.setattr("catalog.operations.watch_child._GRACE", 0.01)
    deaf = shell_program(tmp_path / "deaf", "trap '' TERM; echo ready; while :; do read -r _ || :; done")
    with child([str(deaf)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    assert process.returncode == -signal.SIGKILL
    assert children() == set()


def test_a_program_that_is_not_there_leaves_nothing_to_end(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), child([str(tmp_path / "missing")]):
        pass


@pytest.mark.slow
def test_a_folder_called_as_the_program_is_not_taken_for_it(workspace: Path) -> None:
    tree(workspace, {"catalog/__main__.py": "raise SystemExit(9)", "catalog/__init__.py": ""})
    command = build_command(workspace, ["--quiet"])
    done = subprocess.run(command, cwd=workspace, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
