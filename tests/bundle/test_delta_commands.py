"""`catalog bundle diff` and `apply-delta` say what changes, what came of it, and who vouches for it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.delta import write_delta
from catalog.bundle.keys import key_id, load_private_key, new_key, public_path
from catalog.bundle.manifest import BundledExtension
from catalog.bundle.signing import sign
from catalog.bundle.tar_writer import bundle_sums
from catalog.cli.bundle_apply_delta import command as apply_command
from catalog.cli.bundle_diff import command as diff_command
from catalog.cli.options import Context
from catalog.errors import IntegrityError, MissingError, UsageError
from catalog.operations.progress import Silence
from tests.support.made_bundles import EPOCH, made_bundle, manifest, packed_files

if TYPE_CHECKING:
    from pathlib import Path

    import click

    from catalog.bundle.packed import PackedFile

pytestmark = pytest.mark.slow

LATER = EPOCH + 86_400
NEW_NAME = "kamiwaza-registry-20251122-070539.tar.gz"
BLOB = f"garden/default/docker-images/blobs/sha256/{'1' * 64}"


def call(command: click.Command, *arguments: str | Path) -> int:
    code: int = command.main(
        [str(one) for one in arguments],
        standalone_mode=False,
        obj=Context(color=False),
        help_option_names=["-h", "--help"],
    )
    return code


def extension(version: str) -> tuple[BundledExtension, ...]:
    return (BundledExtension(name="notes", kind="app", version=version),)


def signed_files(key: Path) -> list[PackedFile]:
    private = load_private_key(key, None)
    said = manifest(LATER, extension("1.1.0"), signer=key_id(private.public_key()))
    files = {"README.md": b"new", BLOB: b"layer" * 1000}
    sums = bundle_sums(packed_files(files, said))
    return packed_files(files, said, sign(private, hashlib.sha256(sums).digest()))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has seen no bundle yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "kamiwaza-registry"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "release.key"
    new_key(path, None)
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return made_bundle(
        tmp_path / "old.tar.gz", packed_files({"README.md": b"old"}, manifest(EPOCH, extension("1.0.0")))
    )


@pytest.fixture
def new(tmp_path: Path, key: Path) -> Path:
    return made_bundle(tmp_path / "new.tar.gz", signed_files(key), LATER)


@pytest.fixture
def delta(tmp_path: Path, old: Path, key: Path) -> Path:
    path = tmp_path / "new.delta.tar.gz"
    write_delta(path, old, signed_files(key), LATER, Silence().transferred)
    return path


def test_the_difference_is_told_in_words(old: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(diff_command, old, new) == 0
    said = capsys.readouterr().out
    assert "notes" in said
    assert "upgraded" in said
    assert "1.0.0 -> 1.1.0" in said
    assert "1 of them blobs (5.0 kB)" in said
    assert call(diff_command, old, new, "--exit-code") == 1
    capsys.readouterr()
    assert call(diff_command, old, old, "--exit-code") == 0
    assert "They are the same." in capsys.readouterr().out


def test_the_difference_is_told_in_json(old: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(diff_command, old, new, "--json")
    value = json.loads(capsys.readouterr().out)
    assert value["diff"]["extensions"] == [
        {"kind": "app", "name": "notes", "change": "upgraded", "old": "1.0.0", "new": "1.1.0"}
    ]
    assert value["diff"]["transfer"]["blobs"] == 1
    assert (value["old"]["sequence"], value["new"]["sequence"]) == (EPOCH, LATER)


def test_an_unpacked_folder_is_compared_like_its_tarball(
    tmp_path: Path, old: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["tar", "-xzf", old, "-C", tmp_path], check=True)
    call(diff_command, old, new, "--json")
    packed = capsys.readouterr().out
    call(diff_command, tmp_path / "kamiwaza-extension-registry", new, "--json")
    assert capsys.readouterr().out == packed


def test_a_delta_or_a_damaged_bundle_is_not_compared(
    tmp_path: Path, old: Path, new: Path, delta: Path
) -> None:
    with pytest.raises(UsageError, match="is a delta"):
        call(diff_command, old, delta)
    with pytest.raises(MissingError, match="no such file"):
        call(diff_command, old, tmp_path / "absent")
    new.write_bytes(new.read_bytes()[:3000])
    with pytest.raises(IntegrityError, match="cut off"):
        call(diff_command, old, new)


def test_the_new_bundle_is_made_and_its_signer_checked(
    old: Path, new: Path, delta: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(apply_command, old, delta, "--key", public_path(key)) == 0
    said = capsys.readouterr().out
    made = delta.parent / NEW_NAME
    assert made.read_bytes() == new.read_bytes()
    assert f"Signed by {key_id(load_private_key(key, None).public_key())}" in said
    subprocess.run(
        ["sha256sum", "-c", f"{NEW_NAME}.sha256"], cwd=made.parent, check=True, capture_output=True
    )
    assert call(apply_command, old, delta, "--json") == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["is_written"], value["is_checked"], value["sequence"]) == (False, False, LATER)


def test_another_key_or_no_signature_is_refused_before_anything_is_written(
    tmp_path: Path, old: Path, delta: Path
) -> None:
    new_key(tmp_path / "other.key", None)
    other = public_path(tmp_path / "other.key")
    with pytest.raises(IntegrityError, match="another key"):
        call(apply_command, old, delta, "--key", other)
    write_delta(delta, old, packed_files({"a": b"b"}, manifest(LATER)), LATER, Silence().transferred)
    with pytest.raises(IntegrityError, match="it is not signed"):
        call(apply_command, old, delta, "--key", other)
    assert not (tmp_path / NEW_NAME).exists()


def test_a_list_that_somebody_else_wrote_is_refused(old: Path, delta: Path, key: Path) -> None:
    changed = packed_files({"a": b"b"}, manifest(LATER, signer=said_signer(key)))
    signature = next(file for file in signed_files(key) if file.path == "SHA256SUMS.sig")
    write_delta(delta, old, [*changed, signature], LATER, Silence().transferred)
    with pytest.raises(IntegrityError, match="signature does not fit"):
        call(apply_command, old, delta, "--key", public_path(key))


def said_signer(key: Path) -> str:
    return key_id(load_private_key(key, None).public_key())


def test_a_bundle_older_than_what_the_machine_has_seen_is_made_only_when_asked_for(
    old: Path, delta: Path, key: Path, state: Path
) -> None:
    state.mkdir(parents=True)
    (state / "sequences.tsv").write_text(f"{said_signer(key)}\t{LATER + 1}\t2025-11-22T07:05:40Z\n")
    with pytest.raises(IntegrityError, match="has seen a newer one"):
        call(apply_command, old, delta)
    assert not (delta.parent / NEW_NAME).exists()
    assert call(apply_command, old, delta, "--allow-downgrade") == 0


RUN = """
import sys
from pathlib import Path
from catalog.bundle.delta_apply import apply_delta
from catalog.errors import CatalogError

def slow(label, done, total):
    print(done, flush=True)
    sys.stdin.read(1)

old, delta, out = map(Path, sys.argv[1:])
try:
    apply_delta(old, delta, out, slow)
except CatalogError as error:
    print(type(error).__name__, error.message)
    sys.exit(error.exit_code)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    block = os.urandom(1 << 20)
    same = {BLOB: block * 20}
    more = packed_files({**same, BLOB.replace("1", "2"): block * 5}, manifest(LATER))
    made_bundle(folder / "old.tar.gz", packed_files(same))
    made_bundle(folder / "new.tar.gz", more, LATER)
    write_delta(folder / "x.delta.tar.gz", folder / "old.tar.gz", more, LATER, Silence().transferred)
    return folder


def start(large: Path, out: Path, limit: str = ":") -> subprocess.Popen[str]:
    command: list[str | Path] = [
        sys.executable,
        "-c",
        RUN,
        large / "old.tar.gz",
        large / "x.delta.tar.gz",
        out,
    ]
    return subprocess.Popen(
        ["bash", "-c", f'{limit}; exec "$@"', "bash", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_leaves_no_half_bundle_and_the_next_one_makes_it(
    tmp_path: Path, large: Path, stop: signal.Signals
) -> None:
    out = tmp_path / "out"
    with start(large, out) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(8):
            process.stdout.readline()
            process.stdin.write("x")
            process.stdin.flush()
        process.send_signal(stop)
    assert not [path for path in out.iterdir() if not path.name.startswith(".")]
    call(apply_command, large / "old.tar.gz", large / "x.delta.tar.gz", "--out", out)
    assert sorted(path.name for path in out.iterdir()) == [NEW_NAME, f"{NEW_NAME}.sha256"]
    assert (out / NEW_NAME).read_bytes() == (large / "new.tar.gz").read_bytes()


def test_a_disk_that_refuses_is_reported_and_leaves_nothing(tmp_path: Path, large: Path) -> None:
    out = tmp_path / "out"
    with start(large, out, "ulimit -f 8192") as process:
        said = process.communicate("x" * 100)[0]
    assert process.returncode == 3
    assert "file too large" in said
    assert list(out.iterdir()) == []


def test_making_a_bundle_needs_little_memory(tmp_path: Path, large: Path) -> None:
    with start(large, tmp_path, "ulimit -d 98304") as process:
        said = process.communicate("x" * 100)[0]
    assert process.returncode == 0, said
