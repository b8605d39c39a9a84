"""What a command does and ends with does not hang on who takes what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.trees import app, tree

ROOT = Path(__file__).parents[2]
PUBLISH = """\
import catalog.cli.publish
from catalog.cli import main
from tests.support.published import AllThere
catalog.cli.publish.pullable_images = AllThere
main()
"""
UNREAD = pytest.mark.parametrize("unread", [("stdout",), ("stderr",), ("stdout", "stderr")], ids="+".join)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "store").mkdir()
    store = (tmp_path / "store").as_uri()
    return tree(tmp_path / "ws", {**app(), "catalog.toml": f'[publish.dev]\nstore = "{store}"\n'})


def unheard(workspace: Path, unread: tuple[str, ...], *arguments: str) -> int:
    """The exit code of Python with these arguments, when the readers of these streams have hung up."""
    reading, writing = os.pipe()
    os.close(reading)
    stdout, stderr = (writing if name in unread else subprocess.DEVNULL for name in ("stdout", "stderr"))
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=workspace,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            timeout=60,
            check=False,
        )
        return done.returncode
    finally:
        os.close(writing)


@UNREAD
def test_a_publication_goes_on_when_nobody_reads_what_is_said_of_it(
    workspace: Path, unread: tuple[str, ...]
) -> None:
    command = ["-m", "catalog", "sync-compose"]
    assert unheard(workspace, unread, *command) == 0
    assert unheard(workspace, unread, "-c", PUBLISH, "publish", "--debug") == 0
    assert list((workspace.parent / "store").rglob("apps.json"))


@UNREAD
@pytest.mark.parametrize(("arguments", "code"), [(["list"], 0), (["list", "--json"], 0), (["--help"], 0),
                                                 (["validate"], 1), (["no-such"], 2)])  # fmt: skip
def test_the_exit_code_is_the_one_of_the_work_when_nobody_reads(
    workspace: Path, unread: tuple[str, ...], arguments: list[str], code: int
) -> None:
    tree(workspace, {"apps/notes/kamiwaza.json": "{}"})
    assert unheard(workspace, unread, "-m", "catalog", *arguments) == code


@pytest.mark.parametrize(
    "arguments", ["list", "--json list", "--help", "list --help", "--version", "sync-compose"]
)
def test_output_that_no_disk_takes_is_one_clear_error(workspace: Path, arguments: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "catalog", *arguments.split()],
            cwd=workspace, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    errors = [line for line in done.stderr.splitlines() if not line.startswith(" ")]
    assert errors == ["error: Standard output cannot be written: No space left on device."]


def test_work_is_done_whole_when_no_disk_takes_what_is_said_of_it(workspace: Path) -> None:
    tree(workspace, app("other"))
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "catalog", "sync-compose"]
        subprocess.run(
            command,
            cwd=workspace,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=full,
            timeout=60,
            check=False,
        )
    assert len(list(workspace.glob("apps/*/docker-compose.appgarden.yml"))) == 2


def test_messages_that_no_disk_takes_change_no_exit_code(workspace: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "catalog", "no-such"]
        done = subprocess.run(
            command, cwd=workspace, stdin=subprocess.DEVNULL, stderr=full, timeout=60, check=False
        )
    assert done.returncode == 2


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [("sync-compose", 0), ("list", 0), ("list --json", 0), ("--help", 0), ("no-such", 2)],
)
def test_a_closed_stream_stops_no_command(workspace: Path, closing: str, arguments: str, code: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m catalog {arguments} {closing}"],
        cwd=workspace, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert "Traceback" not in done.stderr


TAKEN = """\
import os
from catalog.cli import app
opened = []
app.run = lambda _: opened.append(os.open("written", os.O_WRONLY | os.O_CREAT)) or 0
try:
    app.main()
finally:
    os.write(opened[0], str(opened[0]).encode())
"""


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_no_file_that_is_opened_takes_the_place_of_a_closed_stream(tmp_path: Path, closing: str) -> None:
    (tmp_path / "taken.py").write_text(TAKEN)
    command = f"PYTHONPATH={ROOT} {sys.executable} taken.py {closing}"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, timeout=60, check=True)
    assert int((tmp_path / "written").read_text()) > 2


def test_what_a_command_starts_inherits_streams_that_are_open(tmp_path: Path) -> None:
    (tmp_path / "starting.py").write_text(
        "import subprocess\nfrom catalog.cli import app\n"
        "app.run = lambda _: subprocess.run(['bash', '-c', 'test -e /dev/fd/0 -a -e /dev/fd/1']).returncode\n"
        "app.main()\n"
    )
    command = f"PYTHONPATH={ROOT} {sys.executable} starting.py <&- >&-"
    assert subprocess.run(["bash", "-c", command], cwd=tmp_path, timeout=60, check=False).returncode == 0


def test_a_stream_that_does_not_wait_gets_all_that_is_printed(workspace: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    count = 3000
    script = f"from catalog.cli.streams import open_streams; open_streams(); print('word ' * {count * 40})"
    with subprocess.Popen([sys.executable, "-c", script], cwd=workspace, stdout=writing) as process:
        os.close(writing)
        time.sleep(0.5)  # the pipe is full by then
        with os.fdopen(reading, "rb") as file:
            assert file.read().split() == [b"word"] * count * 40
    assert process.returncode == 0
