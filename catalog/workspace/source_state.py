"""Which commit a workspace stands at, as git tells; a folder without git has none."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 30
_HEAD = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) (\d+)")
_SHORT_SSH = re.compile(r"(?:[^/@:]+@)?[^/@:]+:[^:@\s][^@\s]*")
_SAFE_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=true")
"""A workspace's own settings start no program."""
_OTHER_REPOSITORY = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}
)
"""What git sets while it runs a hook; the folder that was asked about is what counts."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """The commit, whether files differ from it, where it came from, its time in seconds; None: unknown.

    `remote` carries no user's password, and is None when it is a folder; `reason` says why something is
    unknown.
    """

    commit: str | None = None
    dirty: bool | None = None
    remote: str | None = None
    commit_time: int | None = None
    reason: str | None = None


class _GitError(Exception):
    """Git does not answer; the message says why."""


def source_state(root: Path) -> SourceState:
    """The state of the checkout that `root` lies in; all unknown where there is no git or no commit."""
    try:
        head = _HEAD.fullmatch(_git(root, "log", "-1", "--no-show-signature", "--format=%H %ct"))
    except _GitError as error:
        return SourceState(reason=str(error))
    if head is None:
        return SourceState(reason="git names no commit")
    try:
        remote = _public(_git(root, "config", "--get", "remote.origin.url"))
    except _GitError:
        remote = None
    try:
        changes = _git(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    except _GitError as error:
        return SourceState(head[1], None, remote, int(head[2]), str(error))
    return SourceState(head[1], bool(changes), remote, int(head[2]))


def _public(remote: str) -> str | None:
    """The address without user, password and query; None for a folder, which only this machine knows."""
    if "://" not in remote:
        return remote if _SHORT_SSH.fullmatch(remote) else None
    try:
        parts = urlsplit(remote)
    except ValueError:
        return None
    if parts.scheme == "file" or not parts.hostname:
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _git(root: Path, *arguments: str) -> str:
    """What git answers.

    Raises:
        _GitError: it is not there, takes too long or refuses.
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
        raise _GitError(f"git did not answer in {_SECONDS} seconds") from None
    except OSError as error:
        raise _GitError(f"git cannot be run: {(error.strerror or str(error)).lower()}") from None
    if done.returncode:
        raise _GitError(_reason(done.stderr))
    return done.stdout.strip()


def _reason(complaint: str) -> str:
    """Why git refuses, without the paths of this machine."""
    known = {
        "dubious ownership": "the repository belongs to another user (git's safe.directory)",
        "not a git repository": "there is no git repository",
        "does not have any commits": "the repository has no commit",
    }
    return next((reason for sign, reason in known.items() if sign in complaint), "git refuses")
