"""Runs package-setup.sh as an admin would, with a stand-in for the engine."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bundle_scripts.stub_engine import StubEngine

BASH = shutil.which("bash") or "/bin/bash"


def environment(engine: StubEngine, first: Path | None = None) -> dict[str, str]:
    """A home of its own, and PATH with the folder `first` in front."""
    path = os.environ["PATH"]
    return {"HOME": str(engine.program.parent / "home"), "PATH": f"{first}:{path}" if first else path}


def run(
    script: Path, engine: StubEngine, *arguments: str | Path, first: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the script to its end, without anything to read."""
    return subprocess.run(
        [BASH, script, "--engine", engine.program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment(engine, first),
        timeout=60,
    )
