"""Asks git about a folder, without letting the folder's own settings start anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 30
_SAFE_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=true")
"""A workspace's own settings start no program."""
_OTHER_REPOSITORY = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}
)
"""What git sets while it runs a hook; the folder that was asked about is what counts."""


class GitError(Exception):
    """Git does not answer; the message says why."""


def git_answer(root: Path, *arguments: str) -> str:
    """What git answers about the folder `root`, without white space around it.

    Raises:
        GitError: it is not there, takes too long or refuses.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_REPOSITORY}
    try:
        done = subprocess.run(
            ["git", *_SAFE_OPTIONS, "-C", str(root), *arguments],
            env=environment | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not answer in {_SECONDS} seconds") from None
    except OSError as error:
        raise GitError(f"git cannot be run: {(error.strerror or str(error)).lower()}") from None
    if done.returncode:
        raise GitError(_reason(done.stderr))
    return done.stdout.strip()


def folder_in_repository(root: Path) -> PurePosixPath:
    """Where the folder `root` (absolute) lies in its repository; the empty path if it is in none."""
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            return PurePosixPath(root.relative_to(folder).as_posix())
    return PurePosixPath()


def _reason(complaint: str) -> str:
    """Why git refuses, without the paths of this machine."""
    known = {
        "dubious ownership": "the repository belongs to another user (git's safe.directory)",
        "not a git repository": "there is no git repository",
        "does not have any commits": "the repository has no commit",
    }
    return next((reason for sign, reason in known.items() if sign in complaint), "git refuses")
