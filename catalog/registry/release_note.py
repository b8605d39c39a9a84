"""Tells what changed between two registries as Markdown, for a release note."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalog.registry.difference import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.registry.difference import Change, EntryDifference

_TITLES = {
    Outcome.ADDED: "New",
    Outcome.UPGRADED: "Upgraded",
    Outcome.CHANGED: "Changed",
    Outcome.DOWNGRADED: "Downgraded",
    Outcome.REMOVED: "Removed",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_LONGEST = 120  # characters of a value, so that a note stays one that people read


def release_note(differences: Sequence[EntryDifference]) -> str:
    """The note: a heading for each outcome, a line for each entry, and one for each change."""
    if not differences:
        return "Nothing changed.\n"
    return "\n".join(_lines(differences)).strip("\n") + "\n"


def _lines(differences: Sequence[EntryDifference]) -> Iterator[str]:
    for outcome, title in _TITLES.items():
        members = [one for one in differences if one.outcome is outcome]
        if members:
            yield from (f"## {title}", "")
            for one in members:
                yield f"- **{_plain(one.name)}** ({_plain(one.what)}){_versions(one)}"
                yield from (f"  - {described(change)}" for change in one.changes)
            yield ""


def _versions(one: EntryDifference) -> str:
    known = [version for version in (one.old_version, one.new_version) if version]
    return f" {_plain(' → '.join(dict.fromkeys(known)))}" if known else ""


def described(change: Change) -> str:
    """One change as a line of Markdown."""
    return _plain(sentence(change))


def sentence(change: Change) -> str:
    """One change as a line of plain text."""
    what = f"{change.topic.value} {change.name}"
    if change.old is None:
        return f"{what} is new{_value(': ', change.new)}"
    if change.new is None:
        return f"{what} is gone"
    if _is_long(change.old) or _is_long(change.new):
        return f"{what} has changed"
    return f"{what}: {change.old} → {change.new}"


def _value(separator: str, value: str | None) -> str:
    is_worth_it = value and value != "there" and not _is_long(value)
    return f"{separator}{value}" if value and is_worth_it else ""


def _is_long(value: str) -> bool:
    return len(value) > _LONGEST or "\n" in value


def _plain(text: str) -> str:
    """The text with nothing in it that Markdown or HTML would act on."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
