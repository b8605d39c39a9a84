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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.bench.aside import put_aside
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
        loaded = Run([PYTHON, str(FOLDER / "yardstick.py"), str(ours)])
        rows = []
        for what, command in (("validate", [*again, "--no-cache"]), ("validate again", again)):
            name = f"{what} of {options.extensions} / loading the files"
            rows += _rows(name, Run(command), loaded, options.pairs, 4)
        rows += _rows(
            f"sync-compose, validate and build of {options.extensions} / plain scripts",
            Run(_in_turn(*_our_steps(ours)), ours),
            Run(_in_turn(*_plain_steps(plain)), plain),
            options.pairs,
            0.2,
        )
    sys.stdout.write("\n".join(lines(rows)) + "\n")


@dataclass(frozen=True, slots=True)
class Run:
    """A command, and the workspace that has no App Garden files when it starts, if there is one."""

    command: Sequence[str]
    without: Path | None = None

    def timed(self) -> Timing:
        """How long it takes."""
        if self.without:
            for file in (self.without / "apps").glob("*/docker-compose.appgarden.yml"):
                put_aside(file, self.without.parent / "attic")
        return timed(self.command)


def _rows(what: str, ours: Run, peer: Run, pairs: int, most: float) -> list[Row]:
    """Wall and processor time of both, after one run of each that does not count."""
    ours.timed(), peer.timed()
    runs: list[tuple[Timing, Timing]] = [(ours.timed(), peer.timed()) for _ in range(pairs)]
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


def _in_turn(*steps: Sequence[str]) -> list[str]:
    """One shell that runs the steps as long as they succeed."""
    return ["sh", "-c", " && ".join(map(shlex.join, steps))]
