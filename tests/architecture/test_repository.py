"""The repository holds what we wrote, finished, and nothing about the machines that it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import catalog

ROOT = Path(catalog.__file__).parent.parent
UNFINISHED = re.compile(
    r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|NotImplemented" r"Error|not implemented " r"yet"
)
MACHINE_PATHS = re.compile(r"(?<![\w.:])/(?:home/(?!app\b|user\b)|root/|work/|Users/)\w")
TEXT_SUFFIXES = {".py", ".md", ".toml", ".yml", ".yaml", ".sh", ".json", ".html", ".css", ".js", ".txt", ""}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def matches(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked():
        if path.suffix in TEXT_SUFFIXES and path.name not in {"LICENSE", Path(__file__).name}:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            found += [
                f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(lines, 1) if pattern.search(line)
            ]
    return found


def test_nothing_is_marked_as_unfinished() -> None:
    assert matches(UNFINISHED) == []


def test_no_path_of_a_machine_is_written_down() -> None:
    assert matches(MACHINE_PATHS) == []


def test_the_wheels_copy_of_shipped_folders_is_never_in_a_checkout() -> None:
    assert not (ROOT / "catalog" / "_data").exists()
