"""`catalog bundle split` and `join` tell people what to do next, and programs what came of it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from catalog.cli.bundle_join import command as join_command
from catalog.cli.bundle_split import command as split_command
from catalog.cli.options import Context
from catalog.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    import click

CONTENT = bytes(range(256)) * 10_000


def call(command: click.Command, *arguments: str | Path) -> int:
    code: int = command.main(
        [str(one) for one in arguments],
        standalone_mode=False,
        obj=Context(color=False),
        help_option_names=["-h", "--help"],
    )
    return code


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    file = tmp_path / "X.tar.gz"
    file.write_bytes(CONTENT)
    (tmp_path / "X.tar.gz.sig").write_bytes(b"signature")
    return file


def test_parts_go_where_they_should_with_the_signature_and_come_back(
    tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stick, home = tmp_path / "stick", tmp_path / "home"
    assert call(split_command, bundle, "--size", "1MiB", "--out", stick) == 0
    said = capsys.readouterr().out
    assert "3 parts" in said
    assert "catalog bundle join X.tar.gz.parts.json" in said
    assert call(join_command, stick / "X.tar.gz.part-000", "--out", home) == 0
    assert (home / "X.tar.gz").read_bytes() == CONTENT
    assert (home / "X.tar.gz.sig").read_bytes() == b"signature"
    assert (home / "X.tar.gz.sha256").read_bytes() == (stick / "X.tar.gz.sha256").read_bytes()
    assert call(join_command, stick / "X.tar.gz.parts.json", "--out", home) == 0
    assert "is there already, and is whole" in capsys.readouterr().out


def test_the_commands_that_are_shown_join_the_parts_without_catalog(
    tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stick = tmp_path / "a stick"
    call(split_command, bundle, "--size", "1MiB", "--out", stick)
    shown = capsys.readouterr().out.partition("where there is no catalog:\n")[2]
    subprocess.run(["bash", "-ec", shown], cwd=stick, check=True, capture_output=True)
    assert (stick / "X.tar.gz").read_bytes() == CONTENT
    (stick / "X.tar.gz.part-001").write_bytes(b"short")
    done = subprocess.run(["bash", "-ec", shown], cwd=stick, check=False, capture_output=True, text=True)
    assert (done.returncode, "X.tar.gz.part-001: FAILED" in done.stdout) == (1, True)


def test_bad_parts_end_with_exit_code_4_and_are_named(
    tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(split_command, bundle, "--size", "1MiB", "--out", tmp_path / "p")
    (tmp_path / "p" / "X.tar.gz.part-001").write_bytes(b"short")
    (tmp_path / "p" / "X.tar.gz.part-002").unlink()
    (tmp_path / "p" / "X.tar.gz.part-009").touch()
    capsys.readouterr()
    for extra in ([], ["--check"]):
        assert call(join_command, tmp_path / "p" / "X.tar.gz.parts.json", *extra) == 4
        said = capsys.readouterr().out
        assert "X.tar.gz.part-001 has 5 bytes instead of 1,048,576." in said
        assert "X.tar.gz.part-002 is missing." in said
        assert "X.tar.gz.part-009 is not one of the parts" in said
        assert "Copy these again, then run the command again: X.tar.gz.part-001 X.tar.gz.part-002" in said
    assert not (tmp_path / "p" / "X.tar.gz").exists()


def test_programs_get_json(tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(split_command, bundle, "--size", "1MiB", "--out", tmp_path / "p", "--json")
    value = json.loads(capsys.readouterr().out)
    assert [part["size"] for part in value["parts"]] == [1 << 20, 1 << 20, len(CONTENT) - (2 << 20)]
    (tmp_path / "p" / "X.tar.gz.part-000").unlink()
    call(join_command, value["parts_list"], "--json")
    value = json.loads(capsys.readouterr().out)
    assert value["problems"] == [{"name": "X.tar.gz.part-000", "verdict": "missing", "reason": "is missing"}]


def test_a_size_that_makes_no_sense_is_refused(bundle: Path) -> None:
    with pytest.raises(UsageError, match="too small"):
        call(split_command, bundle, "--size", "1KB")
    assert len(list(bundle.parent.iterdir())) == 2
