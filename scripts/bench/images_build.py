"""Measures `catalog images build` with nothing changed against the engine's own builds, all at once.

In: the sample workspace (or the one that is named), a running engine with the base images. Both sides build
the same contexts with the same arguments and labels, so the engine has everything in its cache. Our time is
that of the whole program.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.engine.cli_build import build_options
from catalog.engine.find import find_engine
from catalog.operations.image_recipe import bases, labelled, recipe, recipe_digest
from catalog.operations.images_build import plan
from catalog.operations.selection import Selection
from catalog.workspace.source_state import source_state
from catalog.workspace.workspace import open_workspace
from scripts.bench.table import Goal, lines, ratios
from scripts.engine import daemon

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

SAMPLES = Path(__file__).resolve().parents[2] / "extensions"
ALLOWED = 1.2


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is measured."""
    parser.add_argument("--workspace", type=Path, default=SAMPLES, help="folder with extensions (samples)")
    parser.add_argument("--network", default="host", help="network of RUN (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs (%(default)s)")


def main(options: argparse.Namespace) -> None:
    """Measure, and print the table."""
    engine = daemon.running(daemon.DEFAULT_STATE)
    environment = engine.environment() if engine else dict(os.environ)
    ours = [sys.executable, "-m", "catalog", "--workspace", str(options.workspace), "images", "build"]
    ours += ["--network", options.network]
    os.environ.update(environment)  # the engine that is asked is the one that builds
    theirs = _commands(options.workspace, options.network)
    _seconds([ours], environment)  # so that both sides find everything built
    _seconds(theirs, environment)
    own, engines, skipped = [], [], []
    for _ in range(options.runs):
        own.append(_seconds([ours], environment))
        engines.append(_seconds(theirs, environment))
        skipped.append(_seconds([[*ours, "--changed"]], environment))
    rows = [
        ratios(f"images build, {len(theirs)} images, nothing changed", own, engines, Goal(ALLOWED)),
        ratios("the same with --changed", skipped, engines, Goal(ALLOWED)),
    ]
    print("\n".join(lines(rows)))


def _commands(root: Path, network: str) -> list[list[str]]:
    """What the engine is asked for by hand: the same builds, with the same labels."""
    workspace = open_workspace(root, root)
    images, _ = plan(workspace, Selection(), None)
    state = source_state(root)
    known = find_engine(None).inspect([base for image in images for base in bases(image.dockerfile)])
    commands = []
    for image in images:
        made = recipe(image, network)
        made = labelled(made, image, state, recipe_digest(made, image, known))
        commands.append(["docker", "build", *build_options(made), str(made.context)])
    return commands


def _seconds(commands: list[list[str]], environment: Mapping[str, str]) -> float:
    """How long these take when they start together."""
    begun = time.perf_counter()
    processes = [
        subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for words in commands
    ]
    failed = [process.args for process in processes if process.wait()]
    if failed:
        raise SystemExit(f"This failed: {failed[0]!r}")
    return time.perf_counter() - begun
