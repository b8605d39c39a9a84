"""`python -m scripts.soak`: runs the long forms once and prints a small record.

The tests that read a CATALOG_SOAK_* variable run with large numbers, then the commands that must survive a
kill are killed. Exit code 1 when anything did not hold.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.engine import daemon
from scripts.soak import samples
from scripts.soak.killing import Record, kill_often
from scripts.soak.trials import TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).resolve().parents[2] / "tests"
PREFIX = "CATALOG_SOAK_"


def main() -> int:
    """Run what was asked for; returns 0 when everything held."""
    options = _options()
    numbers = {
        "MUTATIONS": options.mutations,
        "SHELL_MUTATIONS": options.shell_mutations,
        "KILLS": options.kills,
        "PATHS": 20_000,
        "REQUESTS": 10_000,
    }
    records = [] if options.only_kills else list(_tests(numbers))
    if not options.only_tests:
        records += _kills(options.kills, options.seed, options.only_kills or list(TRIALS))
    print("| what | runs | killed | seconds | seed | result |\n| --- | --- | --- | --- | --- | --- |")
    for record in records:
        print(_line(record))
    return int(any(record.problems for record in records))


def _line(record: Record) -> str:
    outcome = "; ".join(record.problems) or "held"
    killed, seed = ("-" if number is None else str(number) for number in (record.killed, record.seed))
    cells = (record.name, str(record.runs), killed, f"{record.seconds:.0f}", seed, outcome)
    return f"| {' | '.join(cells)} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.soak", description=__doc__)
    parser.add_argument("--mutations", type=int, default=10_000, help="changed bundles (%(default)s)")
    parser.add_argument(
        "--shell-mutations", type=int, default=500, help="the same for the shell (%(default)s)"
    )
    parser.add_argument("--kills", type=int, default=200, help="kills of each command (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(1 << 31), help="default: another one each time"
    )
    parser.add_argument("--only-tests", action="store_true", help="leave out the kills")
    parser.add_argument("--only-kills", nargs="+", choices=list(TRIALS), help="nothing but these kills")
    return parser.parse_args()


def _tests(numbers: dict[str, int]) -> Iterator[Record]:
    """One record for each test file that reads one of the variables."""
    environment = os.environ | {f"{PREFIX}{name}": str(number) for name, number in numbers.items()}
    for file in sorted(TESTS.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        used = [name for name in numbers if f'{PREFIX}{name}"' in text]
        if used:
            start = time.monotonic()
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
            done = subprocess.run(command, env=environment, check=False, cwd=TESTS.parent)
            problems = (f"pytest ended with {done.returncode}",) if done.returncode else ()
            runs = max(numbers[name] for name in used)
            yield Record(str(file.relative_to(TESTS.parent)), runs, problems, time.monotonic() - start)


def _kills(runs: int, seed: int, names: list[str]) -> list[Record]:
    engine = daemon.start(daemon.DEFAULT_STATE)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        sample = samples.make(engine, Path(folder))
        try:
            return [kill_often(TRIALS[name](sample), runs, seed) for name in names]
        finally:
            samples.remove(engine)


if __name__ == "__main__":
    sys.exit(main())
