"""The kill harness finds what a kill breaks; otherwise the tests that use it would prove nothing."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.soak.killing import kill_often

if TYPE_CHECKING:
    from pathlib import Path

CAREFUL = """
import os, sys, time
draft, target = sys.argv[1] + '.new', sys.argv[1]
open(draft, 'w').write('whole')
time.sleep(0.05)
os.replace(draft, target)
"""
CARELESS = """
import sys, time
with open(sys.argv[1], 'w') as file:
    file.write('wh')
    file.flush()
    time.sleep(0.2)
    file.write('ole')
"""
LEAVES_A_CHILD = "import subprocess; subprocess.Popen(['sleep', '0.4']).wait()"


@dataclass
class Writer:
    """A program that writes one file in one way."""

    target: Path
    program: str
    name: str = "writer"

    def begin(self) -> None:
        self.target.unlink(missing_ok=True)

    def command(self) -> list[str]:
        return [sys.executable, "-c", self.program, str(self.target)]

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def after_kill(self) -> list[str]:
        half = self.target.exists() and self.target.read_text() != "whole"
        return ["half a file"] if half else []

    def after_success(self) -> list[str]:
        return self.after_kill()


def test_a_command_that_renames_a_finished_file_survives_kills(tmp_path: Path) -> None:
    record = kill_often(Writer(tmp_path / "file", CAREFUL), 4, seed=1)

    assert record.problems == ()
    assert record.killed


def test_a_half_written_file_is_reported_with_the_run_and_the_moment(tmp_path: Path) -> None:
    record = kill_often(Writer(tmp_path / "file", CARELESS), 30, seed=1)

    assert len(record.problems) == 1
    assert record.problems[0].startswith("run ")
    assert record.problems[0].endswith("half a file")


def test_a_command_that_fails_unkilled_is_reported_with_its_words(tmp_path: Path) -> None:
    record = kill_often(Writer(tmp_path / "file", "raise SystemExit('no room')"), 3, seed=1)

    assert record.killed == 0
    assert "no room" in record.problems[0]


def test_what_a_killed_command_left_running_is_reported_and_ended(tmp_path: Path) -> None:
    record = kill_often(Writer(tmp_path / "file", LEAVES_A_CHILD), 4, seed=1, settling_seconds=0)

    assert "still ran" in record.problems[0]
