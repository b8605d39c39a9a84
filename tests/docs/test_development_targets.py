"""The root Makefile has a target for each measurement, and lists each target."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import catalog

ROOT = Path(catalog.__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_every_measurement_has_a_target_and_no_target_measures_nothing() -> None:
    text = (ROOT / "scripts/bench/__main__.py").read_text(encoding="utf-8")
    groups = set(re.findall(r'add_parser\(\s*"([a-z-]+)"', text))
    assert {name.removeprefix("bench-") for name in TARGETS if name.startswith("bench-")} == groups


def test_no_file_can_stand_in_the_way_of_a_target() -> None:
    listed = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert listed
    words = set(listed.group(1).replace("\\", " ").split())
    assert words == TARGETS


@pytest.mark.slow
def test_a_soak_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    command = [sys.executable, "-m", "scripts.soak", "nonsense"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "tests, package, join, load, publishing, serving" in done.stderr
