"""Measures the build of a registry and the start of the tool, and prints one table of ratios.

Each pair is run in turn (A B A B …) as whole processes, so a machine that slows down slows both.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.workspace import generate

RUNS = 5
PYTHON = sys.executable
CATALOG = [str(Path(PYTHON).with_name("catalog"))]


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall seconds and peak memory in MiB."""

    seconds: float
    mebibytes: float


def measured(command: list[str]) -> Run:
    """Run a command whose output does not matter."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return Run(seconds, usage.ru_maxrss / 1024)


def compared(ours: list[str], peer: list[str], runs: int = RUNS) -> tuple[list[Run], list[Run]]:
    """Both commands in turn, `runs` times after one warm-up of each."""
    measured(ours), measured(peer)
    pairs = [(measured(ours), measured(peer)) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def ratio(ours: list[Run], peer: list[Run]) -> str:
    """The ratio pair by pair: median (least to greatest)."""
    ratios = [one.seconds / other.seconds for one, other in zip(ours, peer, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def seconds(runs: list[Run]) -> str:
    """The median time in seconds."""
    return f"{statistics.median(run.seconds for run in runs):.2f} s"


def registry_build(root: Path) -> list[str]:
    """The command that builds only the registry of a workspace, with nothing of an earlier build."""
    return [*CATALOG, "--workspace", str(root), "--quiet", "build", "--registry-only", "--no-cache"]


def main() -> None:
    """Generate the workspaces, measure, print."""
    folder = Path(tempfile.mkdtemp(prefix="catalog-bench-"))
    try:
        thousand, five_thousand = generate(folder / "1000", 1000), generate(folder / "5000", 5000)
        ours, yardstick = compared(
            registry_build(thousand), [PYTHON, "scripts/bench/yardstick.py", str(thousand)]
        )
        large, small = compared(registry_build(five_thousand), registry_build(thousand), runs=3)
        peak = max(run.mebibytes for run in ours)
        shown, imported = compared([*CATALOG, "--help"], [PYTHON, "-c", "import click"], runs=11)
    finally:
        shutil.rmtree(folder)
    print("| measurement | ours | yardstick | ratio: median (least to greatest) | goal |")
    print("| --- | --- | --- | --- | --- |")
    print(
        f"| build --registry-only of 1,000 / loading the same files | {seconds(ours)} | {seconds(yardstick)} "
        f"| {ratio(ours, yardstick)} | at most 3 |"
    )
    print(f"| its peak memory | {peak:.0f} MiB | | | at most 200 MB |")
    print(
        f"| build --registry-only of 5,000 / of 1,000 | {seconds(large)} | {seconds(small)} "
        f"| {ratio(large, small)} | at most 5.3 |"
    )
    print(
        f"| catalog --help / python -c 'import click' | {seconds(shown)} | {seconds(imported)} "
        f"| {ratio(shown, imported)} | at most 3 |"
    )
