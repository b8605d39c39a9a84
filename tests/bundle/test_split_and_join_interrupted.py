"""Whatever stops a split or a join, no half of a file is left under a real name, and no part is lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.joining import join
from catalog.bundle.part_list import find_list
from catalog.bundle.splitting import split
from catalog.operations.progress import Silence

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

NAME = "big.tar.gz"
SIZE = 24 << 20
PART = 5 << 20
RUN = """
import sys
from pathlib import Path
from catalog.bundle.joining import join
from catalog.bundle.part_list import find_list
from catalog.bundle.splitting import split
from catalog.errors import CatalogError

class Slow:
    def transferred(self, label, done, total):
        print(done, flush=True)
        sys.stdin.read(1)

verb, source, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
try:
    if verb == "split":
        split(source, 5 << 20, out, Slow().transferred)
    else:
        listed = find_list(source)
        join(listed, source.parent, out / listed.file, Slow().transferred)
except CatalogError as error:
    print(type(error).__name__, error.message)
    sys.exit(error.exit_code)
"""


def content() -> bytes:
    return os.urandom(1 << 20) * (SIZE >> 20)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / NAME).write_bytes(content())
    split(folder / NAME, PART, folder / "parts", Silence().transferred)
    return folder


def source_of(verb: str, made: Path) -> Path:
    return made / NAME if verb == "split" else made / "parts" / f"{NAME}.parts.json"


def run(verb: str, made: Path, out: Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", RUN, verb, str(source_of(verb, made)), str(out)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        **options,
    )


def seen(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@pytest.mark.parametrize("verb", ["split", "join"])
@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("steps", [1, 13])
def test_a_stopped_run_leaves_nothing_and_the_next_one_cleans_up(
    tmp_path: Path, made: Path, verb: str, stop: signal.Signals, steps: int
) -> None:
    with run(verb, made, tmp_path) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(steps):
            process.stdout.readline()
            process.stdin.write("x")
            process.stdin.flush()
        process.stdout.readline()
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(stop)
    assert process.returncode
    assert seen(tmp_path) == []
    if stop is signal.SIGINT:
        assert list(tmp_path.iterdir()) == []
    again(verb, made, tmp_path)
    assert all(not path.name.startswith(".") for path in tmp_path.iterdir())


def again(verb: str, made: Path, out: Path) -> None:
    if verb == "split":
        split(made / NAME, PART, out, Silence().transferred)
        assert seen(out) == seen(made / "parts")
    else:
        listed = find_list(source_of(verb, made))
        assert join(listed, made / "parts", out / NAME, Silence().transferred).is_written
        assert (out / NAME).read_bytes() == (made / NAME).read_bytes()


def test_a_run_that_is_still_going_keeps_its_staging_folder(tmp_path: Path, made: Path) -> None:
    with run("join", made, tmp_path) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        listed = find_list(source_of("join", made))
        assert join(listed, made / "parts", tmp_path / NAME, Silence().transferred).is_written
        assert any(path.name.startswith(".") for path in tmp_path.iterdir())
        process.communicate("x" * 100)
    assert process.returncode == 0


@pytest.mark.parametrize("verb", ["split", "join"])
def test_a_limit_on_file_size_is_reported_and_leaves_nothing(tmp_path: Path, made: Path, verb: str) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))

    with run(verb, made, tmp_path, preexec_fn=limit) as process:
        said = process.communicate("x" * 100)[0]
    assert process.returncode == 3
    assert "MissingError" in said
    assert "file too large" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="mounting needs root")
@pytest.mark.parametrize("verb", ["split", "join"])
@pytest.mark.parametrize(
    ("options", "words"), [("size=8m", "free"), ("size=92m", "no space left"), ("ro,size=100m", "read-only")]
)
def test_a_full_or_read_only_disk_is_reported_and_stays_empty(
    tmp_path: Path, made: Path, verb: str, options: str, words: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    is_filled = "92" in options
    fill = f"read -r _; head -c {80 << 20} /dev/zero > {disk}/other; echo filled;" if is_filled else ""
    script = (
        f'mount -t tmpfs -o {options} none {disk} || exit 77; "$@" | {{ {fill} cat; }}; '
        f"code=${{PIPESTATUS[0]}}; ls -A {disk} | grep -v other; exit $code"
    )
    command = [sys.executable, "-c", RUN, verb, str(source_of(verb, made)), str(disk)]
    with subprocess.Popen(
        ["unshare", "-m", "bash", "-c", script, "bash", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        while is_filled and process.stdout.readline() not in {"filled\n", ""}:
            pass
        said = process.communicate("x" * 100)[0]
    if process.returncode == 77:
        pytest.skip("no file system can be mounted here")
    lines = [line for line in said.splitlines() if not line.isdecimal()]
    assert process.returncode == 3, said
    assert len(lines) == 1
    assert words in lines[0]


def test_joining_needs_little_memory(tmp_path: Path, made: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))

    with run("join", made, tmp_path, preexec_fn=limit) as process:
        process.communicate("x" * 100)
    assert process.returncode == 0
    assert (tmp_path / NAME).stat().st_size == SIZE
