"""What a maintainer runs all day, of 1,000 extensions: against loading the files, and against plain scripts.

`validate`, with nothing taken from earlier runs, is compared with the yardstick that loads the same files
with PyYAML's C loader; so is a second `validate`, which takes everything from the first. sync-compose,
validate and build, one after the other, are compared with scripts on PyYAML that do the same: both begin
without App Garden files, and our sync-compose takes nothing from earlier runs; the others take what it kept.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench.processes import Timing, timed
from scripts.bench.registry import CATALOG, PYTHON
from scripts.bench.table import Goal, Row, lines, ratios
from scripts.bench.workspace import generate

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

FOLDER = Path(__file__).parent


def add_options(parser: argparse.ArgumentParser) -> None:
    """How many, and how often."""
    parser.add_argument("--extensions", type=int, default=1000, help="how many (%(default)s)")
    parser.add_argument("--pairs", type=int, default=3, help="runs of each, in turn (%(default)s)")


def main(options: argparse.Namespace) -> None:
    """Measure, and print the table."""
    with tempfile.TemporaryDirectory(prefix="catalog-bench-") as folder:
        ours, plain = (generate(Path(folder, name), options.extensions) for name in ("ours", "plain"))
        again = [*CATALOG, "--workspace", str(ours), "validate"]
        loaded = [PYTHON, str(FOLDER / "yardstick.py"), str(ours)]
        rows = []
        for what, command in (("validate", [*again, "--no-cache"]), ("validate again", again)):
            rows += _rows(
                f"{what} of {options.extensions} / loading the files", command, loaded, options.pairs, 4
            )
        rows += _rows(
            f"sync-compose, validate and build of {options.extensions} / plain scripts",
            _in_turn(ours, *_our_steps(ours)),
            _in_turn(plain, *_plain_steps(plain)),
            options.pairs,
            0.2,
        )
    sys.stdout.write("\n".join(lines(rows)) + "\n")


def _rows(what: str, ours: Sequence[str], peer: Sequence[str], pairs: int, most: float) -> list[Row]:
    """Wall and processor time of both, after one run of each that does not count."""
    timed(ours), timed(peer)
    runs: list[tuple[Timing, Timing]] = [(timed(ours), timed(peer)) for _ in range(pairs)]
    wall = ratios(what, [one.seconds for one, _ in runs], [other.seconds for _, other in runs], Goal(most))
    processor = ratios(
        "the same, processor time",
        [one.cpu_seconds for one, _ in runs],
        [other.cpu_seconds for _, other in runs],
        Goal(most),
    )
    return [wall, processor]


def _our_steps(root: Path) -> list[list[str]]:
    start = [*CATALOG, "--workspace", str(root)]
    return [
        [*start, "sync-compose", "--no-cache"],
        [*start, "validate"],
        [*start, "build", "--registry-only"],
    ]


def _plain_steps(root: Path) -> list[list[str]]:
    script = str(FOLDER / "plain_scripts.py")
    return [[PYTHON, script, step, str(root)] for step in ("sync", "validate", "build")]


def _in_turn(root: Path, *steps: Sequence[str]) -> list[str]:
    """One shell that takes the App Garden files away and runs the steps as long as they succeed."""
    remove = ["find", str(root / "apps"), "-name", "docker-compose.appgarden.yml", "-delete"]
    return ["sh", "-c", " && ".join(shlex.join(step) for step in (remove, *steps))]
