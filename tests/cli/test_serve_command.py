"""`catalog serve` hands what it was given to the program that ships, and becomes it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from catalog.cli.app import run
from catalog.cli.console import Console
from catalog.cli.serve import show
from catalog.operations.watch import Rebuilding, Rebuilt, Watching, WatchRequest
from tests.serving.served import CATALOG
from tests.support.stub_program import shell_program
from tests.support.trees import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.workspace.workspace import Workspace

SERVER = Path(__file__).resolve().parents[2] / "bundle" / "serve-registry.py"


class BecameError(BaseException):
    """Thrown where the process would have become another program."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    garden = "build/kamiwaza-extension-registry/garden/default"
    tree(tmp_path, {"apps": None, f"{garden}/apps.json": "[]", f"{garden}/tools.json": "[]"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The programs that the process would have become."""
    commands: list[tuple[str, ...]] = []

    def execv(path: str, arguments: tuple[str, ...]) -> NoReturn:
        assert path == arguments[0]
        commands.append(arguments)
        raise BecameError

    monkeypatch.setattr(os, "execv", execv)
    return commands


def test_serving_runs_the_server_that_ships_on_what_was_built(
    workspace: Path, became: list[tuple[str, ...]]
) -> None:
    with pytest.raises(BecameError):
        run(["serve"])
    root = workspace / "build" / "kamiwaza-extension-registry"
    assert became == [(sys.executable, str(SERVER), f"--root={root}", "--port=58888")]


def test_every_option_reaches_the_server(workspace: Path, became: list[tuple[str, ...]]) -> None:
    tree(workspace, {"site.pem": "", "site.key": ""})
    given = (
        "--host 127.0.0.1 --port 0 --san a.test --san b.test --cert site.pem --key site.key --state s --http"
    )
    with pytest.raises(BecameError):
        run(["serve", *given.split()])
    assert became[0][3:] == (
        "--port=0",
        "--host=127.0.0.1",
        "--san=a.test",
        "--san=b.test",
        f"--cert={workspace}/site.pem",
        f"--key={workspace}/site.key",
        f"--state={workspace}/s",
        "--http",
    )


def test_a_value_that_looks_like_an_option_stays_a_value(
    workspace: Path, became: list[tuple[str, ...]]
) -> None:
    del workspace
    with pytest.raises(BecameError):
        run(["serve", "--san=--http"])
    assert became[0][-1] == "--san=--http"


@pytest.mark.parametrize("built", [[], ["index.html", "site/index.html"]])
def test_without_a_registry_the_way_to_one_is_named(
    built: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files: dict[str, Any] = {f"build/kamiwaza-extension-registry/{name}": "" for name in built}
    monkeypatch.chdir(tree(tmp_path, {"apps": None, **files}))
    assert run(["serve"]) == 3
    said = capsys.readouterr().err
    assert f"There is no registry in {tmp_path}/build/kamiwaza-extension-registry yet." in said
    assert "Build it with: catalog build" in said


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        (["--host", "192.0.2.1"], "--host"),
        (["--san", "a.test"], "--san"),
        (["--state", "s"], "--state"),
        (["--http"], "--http"),
    ],
)
def test_a_watch_takes_nothing_that_is_for_other_machines(
    workspace: Path, given: list[str], flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del workspace
    assert run(["serve", "--watch", *given]) == 2
    assert f"{flag} says nothing with --watch" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "https"])
def test_a_port_that_is_none_is_refused(workspace: Path, port: str) -> None:
    del workspace
    assert run(["serve", "--port", port]) == 2


def test_a_watch_says_when_its_port_is_taken(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del workspace
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--watch", "--port", str(port)]) == 5
    said = capsys.readouterr().err
    assert f"Port {port} of 127.0.0.1 cannot be had" in said
    assert "Choose another one with: --port NUMBER" in said


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Watching(url="http://a/"), "Open http://a/ in a browser of this machine. Stop with Ctrl-C."),
        (Rebuilding(changed=("a", "b"), is_first=True), "Building ..."),
        (Rebuilding(changed=("a", "b"), is_first=False), "Building after a change of a, b ..."),
        (
            Rebuilding(changed=(*"abcde",), is_first=False),
            "Building after a change of a, b, c and 2 more ...",
        ),
        (Rebuilt(build_exit_code=0), "Built."),
        (Rebuilt(build_exit_code=1), "Not built: what was there before stays. Waiting for the next change."),
    ],
)
def test_a_step_of_a_watch_is_one_line(
    step: Watching | Rebuilding | Rebuilt, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(step, Console(as_json=False, quiet=False, color=False))
    assert capsys.readouterr().out == f"{line}\n"
    show(step, Console(as_json=True, quiet=False, color=False))
    assert json.loads(capsys.readouterr().out) == step.model_dump(mode="json")


@pytest.mark.parametrize(
    ("extra", "options"),
    [
        ([], ("--quiet", "--no-color")),
        (["--json"], ("--json", "--no-color")),
    ],
)
def test_ctrl_c_ends_a_watch_in_order(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, extra: list[str], options: tuple[str, ...]
) -> None:
    seen: list[tuple[Path, WatchRequest]] = []

    def interrupted(workspace: Workspace, request: WatchRequest) -> Iterator[Watching]:
        seen.append((workspace.root, request))
        yield Watching(url="http://127.0.0.1/")
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGHUP)
    monkeypatch.setattr("catalog.cli.serve.watch", interrupted)
    assert run(["serve", "--watch", "--port", "9000", *extra]) == 0
    assert seen == [(workspace, WatchRequest(port=9000, build_options=options))]
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_watch_that_was_told_to_outlive_its_terminal_does(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hung_up(workspace: Workspace, request: WatchRequest) -> Iterator[Watching]:
        del workspace, request
        signal.raise_signal(signal.SIGHUP)
        yield Watching(url="http://127.0.0.1/")

    del workspace
    monkeypatch.setattr("catalog.cli.serve.watch", hung_up)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(["serve", "--watch"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
@pytest.mark.parametrize(("extra", "printed"), [([], ""), (["--json"], "root"), (["--quiet"], "")])
def test_a_server_that_refuses_gives_the_command_its_exit_code(
    workspace: Path, extra: list[str], printed: str
) -> None:
    inside = workspace / "build" / "kamiwaza-extension-registry" / "keys"
    command = [*CATALOG, *extra, "serve", "--port", "0", "--state", str(inside)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=workspace)
    assert done.returncode == 2
    assert "lies in the served folder" in done.stderr
    assert printed in (json.loads(done.stdout) if done.stdout else [""])


@pytest.mark.slow
@pytest.mark.parametrize(("extra", "stream"), [([], "stdout"), (["--json"], "stderr"), (["--quiet"], "")])
def test_the_server_speaks_where_the_console_lets_it(
    workspace: Path, tmp_path: Path, extra: list[str], stream: str
) -> None:
    stand_in = shell_program(tmp_path / "checkout" / "python", 'echo "Serving with $2"')
    code = (
        f"import sys; from catalog.cli.app import run; sys.executable = {str(stand_in)!r}; "
        f"sys.exit(run([*{extra!r}, 'serve']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=workspace
    )
    said = {name: "Serving with --root=" in getattr(done, name) for name in ("stdout", "stderr")}
    assert said == {name: name == stream for name in said}
