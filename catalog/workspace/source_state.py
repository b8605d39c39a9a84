"""Which commit a workspace stands at, as git tells; a folder without git has none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from catalog.workspace.git import GitError, git_answer

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) (\d+)")
_SHORT_SSH = re.compile(r"(?:[^/@:]+@)?[^/@:]+:[^:@\s][^@\s]*")


class SourceState(Struct, frozen=True):
    """The commit, whether files differ from it, where it came from, its time in seconds; None: unknown.

    `remote` carries no user's password, and is None when it is a folder; `reason` says why something is
    unknown.
    """

    commit: str | None = None
    dirty: bool | None = None
    remote: str | None = None
    commit_time: int | None = None
    reason: str | None = None


def source_state(root: Path) -> SourceState:
    """The state of the checkout that `root` lies in; all unknown where there is no git or no commit."""
    try:
        head = _HEAD.fullmatch(git_answer(root, "log", "-1", "--no-show-signature", "--format=%H %ct"))
    except GitError as error:
        return SourceState(reason=str(error))
    if head is None:
        return SourceState(reason="git names no commit")
    try:
        remote = _public(git_answer(root, "config", "--get", "remote.origin.url"))
    except GitError:
        remote = None
    try:
        changes = git_answer(root, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    except GitError as error:
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
