"""Many publishers at one store at once, a fifth of them killed: nothing is lost, doubled, torn or halved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import catalog

ROOT = Path(catalog.__file__).parent.parent
pytestmark = pytest.mark.slow


def publishers(*arguments: str) -> str:
    """Let twenty publish; what the record says."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.soak.publishing", "--publishers", "20", "--seconds", "3", *arguments],
        cwd=ROOT,
        env=os.environ | {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_twenty_publishers_of_whom_four_are_killed_lose_nothing_in_a_directory(seed: str) -> None:
    assert "| 20 | 4 |" in publishers("--seed", seed)


def test_twenty_publishers_of_whom_four_are_killed_lose_nothing_in_an_s3_store(s3_endpoint: str) -> None:
    from tests.support.s3 import BUCKET, s3_store  # noqa: PLC0415  # only this test waits for it

    s3_store(s3_endpoint, "")
    said = publishers("--store", f"s3://{BUCKET}/herd", "--endpoint", s3_endpoint, "--seed", "4")
    assert "| 20 | 4 |" in said
