"""Builds a workspace in another process, so that a build always starts from what is on the disk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from catalog.operations.watch_child import child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def build_command(workspace: Path, options: Sequence[str]) -> tuple[str, ...]:
    """The command line that builds the workspace, with these global options.

    -P keeps a folder called `catalog` in the current one from being taken for the program.
    """
    return (sys.executable, "-P", "-m", "catalog", *options, f"--workspace={workspace}", "build")


def build_once(workspace: Path, options: Sequence[str]) -> int:
    """Build the workspace and wait for the end; the exit code. What the build prints goes where ours goes.

    A build under way ends with us: when we are interrupted, so is it, and it tidies up.
    """
    with child(build_command(workspace, options)) as process:
        return process.wait()
