"""`python -m scripts.soak [NAME…]`: runs the long forms once and prints a small record.

`tests` runs the tests that read a CATALOG_SOAK_* variable with large numbers; `package`, `join` and `load`
kill that command over and over; `publishing` lets many publish at once, `serving` uses the server for long.
Without names, all of it runs. Exit code 1 when anything did not hold.
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
from scripts.soak import publishing, samples, serving
from scripts.soak.killing import Record, kill_often
from scripts.soak.trials import TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("tests", *TRIALS, "publishing", "serving")
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
        "READS": 1_000_000,
    }
    records = list(_tests(numbers, options.seed)) if "tests" in options.names else []
    kills = [name for name in TRIALS if name in options.names]
    if kills:
        records += _kills(options.kills, options.seed, kills)
    if "publishing" in options.names:
        records.append(publishing.record(options.publishers, options.seed))
    if "serving" in options.names:
        records.append(serving.record(options.minutes))
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
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)} (default: all)")
    parser.add_argument("--mutations", type=int, default=10_000, help="changed bundles (%(default)s)")
    parser.add_argument(
        "--shell-mutations", type=int, default=500, help="the same for the shell (%(default)s)"
    )
    parser.add_argument("--kills", type=int, default=200, help="kills of each command (%(default)s)")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(1 << 31), help="default: another one each time"
    )
    parser.add_argument("--publishers", type=int, default=500, help="at one store (%(default)s)")
    parser.add_argument(
        "--minutes", type=float, default=serving.MINUTES, help="of use of the server (%(default)g)"
    )
    options = parser.parse_args()
    options.names = options.names or list(NAMES)
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no soak {unknown[0]}; there are {', '.join(NAMES)}")
    return options


def _tests(numbers: dict[str, int], seed: int) -> Iterator[Record]:
    """One record for each test file that reads one of the variables."""
    variables = {f"{PREFIX}{name}": str(number) for name, number in {**numbers, "SEED": seed}.items()}
    environment = os.environ | variables
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
