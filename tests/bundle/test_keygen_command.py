"""`catalog keygen` and where passphrases come from, as people and scripts call it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from catalog.bundle.keys import load_private_key
from tests.support.speaking import said

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "open sesame"


def test_a_key_is_made_with_its_id_and_the_line_that_checks_with_openssl(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, "keygen", tmp_path / "release.key", "--no-passphrase")
    assert "sha256:" in out
    assert f"openssl dgst -sha256 -verify {tmp_path / 'release.key.pub'} -signature" in out
    assert "it has no passphrase" in out
    assert "is there already" in said(capsys, "keygen", tmp_path / "release.key", "--no-passphrase", code=5)


def test_a_passphrase_comes_from_a_variable_or_the_first_line_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_SECRET", SECRET)
    (tmp_path / "secret").write_text(f"{SECRET}\nmore\n", encoding="utf-8")
    for number, option in enumerate(
        (("--passphrase-env", "KEY_SECRET"), ("--passphrase-file", tmp_path / "secret"))
    ):
        path = tmp_path / f"{number}.key"
        assert SECRET not in said(capsys, "keygen", path, *option)
        load_private_key(path, SECRET.encode())


@pytest.mark.parametrize("option", ["--passphrase-env=NO_SUCH_VARIABLE", "--passphrase-file=binary", "both"])
def test_a_passphrase_that_cannot_be_had_makes_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY_SECRET", SECRET)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\n")
    options = ["--passphrase-env=KEY_SECRET", "--passphrase-file=binary"] if option == "both" else [option]
    said(capsys, "keygen", "release.key", *options, code=2)
    assert not (tmp_path / "release.key").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"\nsecond line\n", "is empty"), (b"x" * 1024, "at most 1,023")],
)
def test_a_passphrase_that_guards_nothing_or_is_too_long_makes_no_key(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    words: str,
) -> None:
    (tmp_path / "secret").write_bytes(content)
    monkeypatch.setenv("KEY_SECRET", content.split(b"\n")[0].decode())
    for option in (("--passphrase-env", "KEY_SECRET"), ("--passphrase-file", tmp_path / "secret")):
        assert words in said(capsys, "keygen", tmp_path / "release.key", *option, code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_variable_that_is_no_text_is_no_passphrase(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_SECRET", "\udcff")
    arguments = ("keygen", tmp_path / "release.key", "--passphrase-env", "KEY_SECRET")
    assert "cannot be read as text" in said(capsys, *arguments, code=2)


def test_a_passphrase_and_none_contradict_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_SECRET", SECRET)
    arguments = ("keygen", tmp_path / "release.key", "--passphrase-env", "KEY_SECRET", "--no-passphrase")
    assert "not both" in said(capsys, *arguments, code=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\nmore"])
def test_a_passphrase_file_means_to_openssl_what_it_means_to_us(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], end: bytes
) -> None:
    """A form feed is no end of a line."""
    secret, path = tmp_path / "secret", tmp_path / "release.key"
    secret.write_bytes("p\x0cäss".encode() + end)
    said(capsys, "keygen", path, "--passphrase-file", secret)
    (tmp_path / "plain").write_bytes("p\x0cäss\n".encode())
    command = ["openssl", "pkey", "-in", str(path), "-passin", f"file:{tmp_path / 'plain'}", "-noout"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("command", [["keygen"], ["package"], ["bundle", "adopt"]])
def test_no_option_takes_a_passphrase_itself(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    """What stands in a command line is seen by everyone on the machine."""
    found = set(re.findall(r"--[a-z-]*pass[a-z-]*", said(capsys, *command, "--help")))
    assert found - {"--no-passphrase"} == {"--passphrase-env", "--passphrase-file"}


def test_a_passphrase_is_asked_for_on_a_terminal_and_never_shown(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "catalog", "keygen", str(tmp_path / "release.key")]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown = b""
    asked = 0
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # what Linux says when the other end is closed
            break
        shown += piece
        if shown.count(b":") > asked and asked < 2 and shown.rstrip().endswith(b":"):
            asked += 1
            os.write(ours, f"{SECRET}\n".encode())
    os.close(ours)
    assert child.wait(10) == 0
    assert SECRET.encode() not in shown
    load_private_key(tmp_path / "release.key", SECRET.encode())
