"""Failures become one message, the next command, and the right exit code; never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog import __version__
from catalog.cli.app import run
from catalog.operations import GROUPS, OPERATIONS, Operation
from tests.support.trees import app, tree

COMMANDS = [operation.name for operation in OPERATIONS]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name.partition(' ')[0]} " not in out] == []


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_help_of_a_group_lists_its_commands(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([group, "--help"]) == 0
    out = capsys.readouterr().out
    rest = [name.partition(" ")[2] for name in COMMANDS if name.startswith(f"{group} ")]
    assert rest
    assert [name for name in rest if f"\n  {name} " not in out] == []


def test_without_a_command_the_help_is_shown_and_nothing_is_called_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: catalog")


@pytest.mark.parametrize("command", [*COMMANDS, "completion"])
def test_every_command_has_help_with_examples_and_the_global_options(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert "Examples:" in out
    assert "--json" in out


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_commands_own_help_says_what_the_list_says(
    operation: Operation, capsys: pytest.CaptureFixture[str]
) -> None:
    run([*operation.name.split(), "--help"])
    assert operation.summary in " ".join(capsys.readouterr().out.split())


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"catalog {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bild"], "build"),
        (["build", "--stage", "production"], "production"),
        (["build", "--repo-version", "v9"], "v9"),
        (["build", "--registry-only", "--site-only"], "nothing to build"),
        (["bump", "notes"], "patch"),
        (["new", "plugin", "x"], "plugin"),
        (["--no-such-option"], "--no-such-option"),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_is_wrong(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("command", ["list", "validate", "build", "sync-compose", "clean"])
def test_outside_a_workspace_the_next_command_is_told(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command]) == 2
    assert "catalog init" in capsys.readouterr().err


def test_an_error_is_json_when_json_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 2
    assert "workspace" in error["message"]


def test_global_options_may_stand_before_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path / "ws", app())
    assert run(["--json", "--workspace", str(tmp_path / "ws"), "list"]) == 0
    assert json.loads(capsys.readouterr().out)["extensions"][0]["name"] == "notes"


def test_quiet_prints_nothing_but_failures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path, app())
    assert run(["--quiet", "list"]) == 0
    assert capsys.readouterr().out == ""


def test_an_error_in_the_tool_itself_is_one_line_and_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path, app())
    monkeypatch.setattr("catalog.cli.list.list_extensions", lambda *_: 1 / 0)
    assert run(["list"]) == 1
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "--debug" in error
    with pytest.raises(ZeroDivisionError):
        run(["--debug", "list"])


def test_control_characters_in_files_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree(tmp_path, app(manifest={"description": "\x1b[2Jgone\x07"}))
    run(["list"])
    assert "\x1b[2J" not in capsys.readouterr().out


def test_an_interrupted_command_ends_with_130(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tree(tmp_path, app())

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("catalog.cli.list.list_extensions", interrupt)
    assert run(["list"]) == 130


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    tree(tmp_path, {name: content for n in range(300) for name, content in app(f"notes-{n}").items()})
    command = f"{sys.executable} -m catalog list --json | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""


def once_read(pipe: Path) -> int:
    """The pipe open for writing, once somebody reads it."""
    for _ in range(600):
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.1)
    pytest.fail("nobody reads the pipe")


def test_sigterm_ends_a_command_as_ctrl_c_does(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "catalog.toml")
    process = subprocess.Popen(
        [sys.executable, "-m", "catalog", "--workspace", str(tmp_path), "clean", "--deps"],
        cwd=tree(tmp_path, {"apps": None}), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    pipe = once_read(tmp_path / "catalog.toml")  # it waits for somebody to write
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=30)
    os.close(pipe)
    assert process.returncode == 130
    assert "Interrupted" in error


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_CATALOG_COMPLETE" in capsys.readouterr().out


def test_names_of_extensions_are_completed(tmp_path: Path) -> None:
    tree(tmp_path, {**app("notes"), **app("other")})
    environment = {
        **os.environ,
        "_CATALOG_COMPLETE": "bash_complete",
        "COMP_WORDS": "catalog show no",
        "COMP_CWORD": "2",
    }
    done = subprocess.run(
        [str(Path(sys.executable).with_name("catalog"))],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout.strip() == "plain,notes"
