"""A bundle is written whole or not at all: killed, stopped, or refused by the disk."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.packed import PackedFile
from catalog.bundle.tar_writer import write_bundle
from catalog.errors import IntegrityError, MissingError
from tests.support.bundles import EPOCH
from tests.support.made_bundles import made_bundle, packed_files

if TYPE_CHECKING:
    from catalog.errors import CatalogError

ROOT = Path(__file__).parents[2]
FILES = {f"site/{number}": bytes([number]) * 700_000 for number in range(8)}
RUN = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from catalog.bundle.tar_writer import write_bundle
from catalog.errors import CatalogError
from tests.support.made_bundles import EPOCH, packed_files

def wait(label, done, total):
    print(done, flush=True)
    if not sys.stdin.read(1):
        raise SystemExit(9)

files = packed_files({{f"site/{{number}}": bytes([number]) * 700_000 for number in range(8)}})
try:
    write_bundle(Path(sys.argv[1]), files, EPOCH, wait)
except CatalogError as error:
    print(error.message)
    sys.exit(error.exit_code)
"""


def start(target: Path, limit: str = ":") -> subprocess.Popen[str]:
    """A writer that tells what is done, and goes on once it is sent a character."""
    command = ["bash", "-c", f'{limit}; exec "$@"', "bash", sys.executable, "-c", RUN, str(target)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an undisturbed run writes."""
    target = tmp_path_factory.mktemp("whole") / "x.tar.gz"
    return made_bundle(target, packed_files(FILES)).read_bytes()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_no_bundle_and_the_next_one_sweeps_and_makes_it(
    out: Path, whole: bytes, stop: signal.Signals
) -> None:
    target = out / "x.tar.gz"
    with start(target) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(4):
            process.stdout.readline()
            process.stdin.write("x")
            process.stdin.flush()
        process.send_signal(stop)
    left = [path.name for path in out.iterdir()]
    assert all(name.startswith(".x.tar.gz.new-") for name in left)
    assert bool(left) == (stop is not signal.SIGINT)
    made_bundle(target, packed_files(FILES))
    assert list(out.iterdir()) == [target]
    assert target.read_bytes() == whole


def test_a_run_does_not_sweep_what_another_one_is_writing(out: Path, whole: bytes) -> None:
    target = out / "x.tar.gz"
    with start(target) as process:
        assert process.stdout
        process.stdout.readline()
        made_bundle(target, packed_files(FILES))
        process.communicate("x" * 100)
        assert process.returncode == 0
    assert list(out.iterdir()) == [target]
    assert target.read_bytes() == whole


def test_a_full_disk_is_said_in_words_and_the_old_bundle_stays(out: Path) -> None:
    target = out / "x.tar.gz"
    target.write_bytes(b"old")
    with start(target, "ulimit -f 2048") as process:
        said = process.communicate("x" * 100)[0]
    assert process.returncode == MissingError.exit_code
    assert "file too large" in said
    assert list(out.iterdir()) == [target]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("place", ["a file/x.tar.gz", "/proc/x.tar.gz", "n" * 300])
def test_a_place_that_cannot_be_written_is_named(out: Path, place: str) -> None:
    (out / "a file").write_bytes(b"")
    with pytest.raises(MissingError, match="cannot be written"):
        made_bundle(out / place, packed_files({}))
    assert [path.name for path in out.iterdir()] == ["a file"]


def test_a_read_only_folder_is_said_in_words(out: Path) -> None:
    out.chmod(0o555)
    if os.access(out, os.W_OK):
        pytest.skip("root writes everywhere")
    with pytest.raises(MissingError, match="permission denied"):
        made_bundle(out / "x.tar.gz", packed_files({}))


@pytest.mark.parametrize(("change", "error"), [("cut", IntegrityError), ("gone", MissingError)])
def test_a_blob_that_is_damaged_while_it_is_packed_gives_no_bundle(
    out: Path, tmp_path: Path, change: str, error: type[CatalogError]
) -> None:
    source = tmp_path / "blob"
    source.write_bytes(bytes(300_000))
    size, digest = source.stat().st_size, hashlib.sha256(source.read_bytes()).hexdigest()

    def damage(label: str, done: int, total: int | None) -> None:
        """Once bundle.json was written, and before the blob is."""
        del label, done, total
        if change == "cut":
            os.truncate(source, 150_000)
        else:
            source.unlink(missing_ok=True)

    files = [*packed_files({"a": b"first"}), PackedFile("site/blob", source, size, digest)]
    with pytest.raises(error, match="blob"):
        write_bundle(out / "x.tar.gz", files, EPOCH, damage)
    assert list(out.iterdir()) == []
