"""What new versions of extensions change, compared with the registry that a build replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import IntegrityError
from catalog.model.names import Kind
from catalog.registry.difference import Outcome, Topic, differences
from catalog.registry.reading import read_entries
from catalog.registry.registry import Registry
from catalog.registry.release_note import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from catalog.registry.difference import Change
    from catalog.registry.layout import Garden
    from catalog.registry.registry import Entry

MOST_CHANGES = 40
"""Sentences of one version; a version that changes more is another extension."""


def changes_of(new: Iterable[Entry], root: Path, garden: Garden) -> dict[str, list[str]]:
    """What differs in `new` entries from the registry at `root`, a sentence each, by name.

    Entries that have not risen, or that it does not have, are left out. A registry that is not there, or
    cannot be read, knows nothing: what changed is then not told.
    """
    after = Registry.of(new)
    names = {entry.name for entry in after.entries}
    before = Registry.of(entry for entry in _entries(root, garden) if entry.name in names)
    return {
        one.name: [sentence(change) for change in told][:MOST_CHANGES]
        for one in differences(before, after)
        if one.outcome is Outcome.UPGRADED
        and (told := [change for change in one.changes if not _follows(change, one.new_version)])
    }


def _follows(change: Change, version: str | None) -> bool:
    """Whether it only says that an image of our own has the tag of the new version."""
    return change.topic is Topic.IMAGE and (change.new or "").startswith(f"v{version}")


def _entries(root: Path, garden: Garden) -> Iterable[Entry]:
    try:
        return (
            *read_entries((root / garden.apps).read_bytes(), "", Kind.APP),
            *read_entries((root / garden.tools).read_bytes(), "", Kind.TOOL),
        )
    except (OSError, IntegrityError):
        return ()
