"""Which commit a workspace stands at, as git tells; a folder without git has none."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 30
_CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")


@dataclass(frozen=True, slots=True)
class SourceState:
    """The commit, whether files differ from it, where it came from, its time in seconds; None: unknown."""

    commit: str | None = None
    dirty: bool | None = None
    remote: str | None = None
    commit_time: int | None = None


def source_state(root: Path) -> SourceState:
    """The state of the checkout that `root` lies in; all unknown where there is no git or no commit."""
    head = _git(root, "log", "-1", "--format=%H %ct")
    if not head:
        return SourceState()
    commit, _, seconds = head.partition(" ")
    changes = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    remote = _git(root, "remote", "get-url", "origin")
    return SourceState(
        commit=commit,
        dirty=None if changes is None else bool(changes),
        remote=_CREDENTIALS.sub("", remote) if remote else None,
        commit_time=int(seconds),
    )


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers, None where it does not."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
