"""The tutorial works as it stands: every line of it is run in an empty folder, in its order."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import catalog
from catalog.cli.app import run
from tests.docs.test_examples import Block, blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

PAGE = Path(catalog.__file__).parent.parent / "docs" / "tutorials" / "first-extension.md"
APP = Path("apps/field-guide")
PORTS = '    ports:\n      - "127.0.0.1:5432:5432"\n'


class Reader:
    """Somebody who does what the page says; `said` has what the last command printed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[], str]) -> None:
        self.folder = folder
        self.said = ""
        self._monkeypatch = monkeypatch
        self._read = read

    def do(self, block: Block) -> list[int]:
        """Do what a piece of code says; the exit codes of its commands."""
        if block.language == "json":
            self.edit("kamiwaza.json", *self._lines(block))
        elif block.language == "sh":
            subprocess.run(["/bin/sh", "-c", block.text], cwd=self.folder, check=True, timeout=60)
        elif block.language == "console":
            return [
                self.command(line[2:], block) for line in block.text.splitlines() if line.startswith("$ ")
            ]
        return []

    def command(self, line: str, block: Block | None = None) -> int:
        """Run a line; what the page says that it prints has to be in what it prints."""
        program, *arguments = shlex.split(line)
        if program == "cd":
            self.folder /= arguments[0]
            self._monkeypatch.chdir(self.folder)
            return 0
        assert program == "catalog"
        code = run(arguments)
        self.said = self._read()
        shown = block.text.partition(f"$ {line}\n")[2].partition("$ ")[0] if block else ""
        printed = [each.rstrip() for each in self.said.splitlines()]
        assert [each for each in shown.splitlines() if each not in printed] == []
        return code

    def edit(self, file: str, before: str, after: str) -> None:
        """Change a place of a file that is there once."""
        path = self.folder / APP / file
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, before
        path.write_text(text.replace(before, after), encoding="utf-8")

    def _lines(self, block: Block) -> tuple[str, str]:
        """The lines of the manifest with the same fields as those of the block, and the block's."""
        wanted = json.loads(f"{{{block.text.strip().rstrip(',')}}}")
        text = (self.folder / APP / "kamiwaza.json").read_text(encoding="utf-8")
        fields = "|".join(map(re.escape, wanted))
        found = re.search(rf'(?:^  "(?:{fields})": .*\n)+', text, re.MULTILINE)
        assert found is not None
        return found[0], block.text


def test_every_line_of_the_tutorial_works_from_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "140")
    reader = Reader(tmp_path, monkeypatch, lambda: "".join(capsys.readouterr()))
    codes: dict[str, list[int]] = {}
    said: dict[str, str] = {}
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        if block.text == "$ catalog sync-compose field-guide\n":
            reader.edit("docker-compose.yml", PORTS, "")
        if block.language in {"json", "sh", "console"}:
            codes[block.text] = reader.do(block)
            said[block.text] = reader.said
    stale = "$ catalog sync-compose --check\n"
    assert codes.pop(stale) == [1]
    assert "field-guide" in said[stale]
    assert {code for each in codes.values() for code in each} == {0}
    synced, again = (said[f"$ catalog sync-compose field-guide{more}\n"] for more in (" --diff", ""))
    assert "KZ211" in synced
    assert "database_data" in synced
    assert "KZ209" in synced
    assert "KZ209" not in again
    assert "0 errors, 1 warning" in said["$ catalog validate\n"]
    assert "file://" in said["$ catalog build\n"]
    assert "export KAMIWAZA_EXTENSION" in said["$ catalog build\n"]


def test_the_error_that_the_tutorial_has_you_try_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, monkeypatch, lambda: "".join(capsys.readouterr()))
    for line in ("catalog init my-extensions", "cd my-extensions", "catalog new app field-guide"):
        reader.command(line)
    reader.edit("kamiwaza.json", '"version": "0.1.0"', '"version": "1.0"')
    assert reader.command("catalog validate") == 1
    assert "apps/field-guide/kamiwaza.json:3:" in reader.said
    assert "three numbers" in reader.said
