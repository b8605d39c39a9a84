"""Notices which sources of a workspace have changed, by looking at them again and again.

Looking works on every file system. The kernel's own notices do not: an edit that another machine makes on a
network mount, or the host makes in a folder that a virtual machine shares, never causes one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from catalog.errors import UsageError
from catalog.workspace.folders import extension_folders, files_below, leads_outside
from catalog.workspace.image_facts import IMAGE_FACTS
from catalog.workspace.root import SETTINGS_NAME
from catalog.workspace.settings import CatalogSettings, load_settings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Snapshot = Mapping[str, tuple[int, int]]
    """Of each file, by its path: when it was changed (ns since 1970), how large it is (bytes)."""

_FILES = (SETTINGS_NAME, ".env", IMAGE_FACTS)
_LEAST_PAUSE = 0.2  # seconds between two looks; a change counts after two that agree
_PAUSE_SHARE = 9  # a pause is at least so many times as long as the look before it: a tenth of one core


def take_snapshot(root: Path) -> Snapshot:
    """The sources of the workspace at `root` as they are now; what cannot be read is as good as not there."""
    found = {name: status for name in _FILES if (status := _status(root / name))}
    for name, entry in _below_folders(root):
        if status := _status(entry):
            found[name] = status
    return found


def _below_folders(root: Path) -> Iterator[tuple[str, Path | os.DirEntry[str]]]:
    for folder in extension_folders(root):
        if not (folder.is_link and leads_outside(root, folder.path)):
            yield from files_below(str(folder.path), f"{folder.directory}/")
    templates = _templates(root)
    yield from files_below(f"{root / templates}", f"{templates}/")


def _templates(root: Path) -> str:
    """The folder of the workspace's own templates; the usual one where the settings name none that can be."""
    usual = CatalogSettings().templates
    try:
        named = load_settings(root).templates
    except UsageError:  # the build says it
        return usual
    return usual if root.resolve().is_relative_to((root / named).resolve()) else named  # not what is built


def changes(look: Callable[[], Snapshot], pause: Callable[[], object]) -> Iterator[tuple[str, ...]]:
    """The names of what changed, each time that something did; first of all every name.

    A change is told when two looks in a row agree, so that a file is not taken while it is written. What
    changes while the caller works on what it was told is told next.
    """
    known: Snapshot = {}
    last = look()
    yield difference(known, last)
    known = last
    while True:
        pause()
        now = look()
        if now == last != known:
            yield difference(known, now)
            known = now
        last = now


def difference(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The sorted names of what is new, gone or other."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


class SourceWatch:
    """Looks at the sources of a workspace, at a pace that leaves the machine to others."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._cost = 0.0

    def look(self) -> Snapshot:
        """The sources as they are now."""
        started = time.monotonic()
        found = take_snapshot(self._root)
        self._cost = time.monotonic() - started
        return found

    @property
    def pause(self) -> float:
        """Seconds to wait before the next look."""
        return max(_LEAST_PAUSE, _PAUSE_SHARE * self._cost)


def _status(file: Path | os.DirEntry[str]) -> tuple[int, int] | None:
    """Without inode and change time: some network mounts make them up anew, and a hard link changes both."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
