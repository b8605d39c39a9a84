"""When which version of an extension first appeared, as a value.

Its written form is `{"extensions": {"field-notes": {"1.0.0": "2026-03-04"}}}`: every version that was ever
the highest, with its day. What is no longer in the workspace stays, so that it is not new when it comes back.
What differed from the version before stands beside it, `{"changes": {"field-notes": {"1.1.0": ["…"]}}}`, as
far as somebody knew the version before.
"""

from __future__ import annotations

import json
import re
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field

from catalog.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")
NOTHING_KNOWN: Mapping[str, Sequence[str]] = MappingProxyType({})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class HistoryError(ValueError):
    """The text is not a history; the message says where."""


class Dates(Struct, frozen=True):
    """When an extension was added and when it rose to its newest version: days as YYYY-MM-DD, or empty."""

    added: str = ""
    updated: str = ""


class Release(Struct, frozen=True):
    """A version with its day (YYYY-MM-DD), and what differed from the one before, a sentence each."""

    version: str
    day: str
    changes: tuple[str, ...] = ()


class History(Struct, frozen=True):
    """By extension and version: the day (YYYY-MM-DD), and what differed from the version before."""

    versions: Mapping[str, Mapping[str, str]]
    changes: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> History:
        """The history that `text` spells.

        Raises:
            HistoryError: it does not spell one.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise HistoryError(f"it is not JSON: {error}") from None
        extensions = document.get("extensions") if isinstance(document, dict) else None
        if not isinstance(extensions, dict):
            raise HistoryError("it has no object 'extensions'")
        changes = document.get("changes", {})
        if not isinstance(changes, dict):
            raise HistoryError("its 'changes' are no object")
        return cls(
            {name: _versions(name, days) for name, days in extensions.items()},
            {name: _changes(name, told) for name, told in changes.items()},
        )

    def as_text(self) -> str:
        """The history as the file has it: names in order, versions as they rise."""
        document: dict[str, Any] = {"extensions": _in_order(self.versions)}
        if self.changes:
            document["changes"] = _in_order(self.changes)
        return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"

    def lacks(self, versions: Mapping[str, str]) -> frozenset[str]:
        """Which of these extensions (name to version) are new or have risen above all that is known."""
        return frozenset(name for name, version in versions.items() if self._rises(name, version))

    def having(
        self,
        versions: Mapping[str, str],
        days: Mapping[str, str],
        changes: Mapping[str, Sequence[str]] = NOTHING_KNOWN,
    ) -> History:
        """This history with the versions that it lacks; with the day of each, and what `changes` says."""
        risen = {
            name: {**self.versions.get(name, {}), versions[name]: days[name]} for name in self.lacks(versions)
        }
        told = {
            name: {**self.changes.get(name, {}), versions[name]: list(changes[name])}
            for name in risen
            if changes.get(name)
        }
        return History({**self.versions, **risen}, {**self.changes, **told})

    def dates(self, name: str) -> Dates:
        """When the extension was added, and when it last rose."""
        days = self.versions.get(name)
        if not days:
            return Dates()
        return Dates(min(days.values()), days[max(days, key=parse_version)])

    def releases(self, name: str) -> tuple[Release, ...]:
        """Every version of the extension, the highest first."""
        days, changes = self.versions.get(name, {}), self.changes.get(name, {})
        ordered = sorted(days, key=parse_version, reverse=True)
        return tuple(Release(version, days[version], tuple(changes.get(version, ()))) for version in ordered)

    def _rises(self, name: str, version: str) -> bool:
        known = [parse_version(one) for one in self.versions.get(name, {})]
        return not known or parse_version(version) > max(known)


NO_HISTORY = History({})


def _in_order(told: Mapping[str, Mapping[str, T]]) -> dict[str, dict[str, T]]:
    """The same with names in order and versions as they rise."""
    return {
        name: {version: by_version[version] for version in sorted(by_version, key=parse_version)}
        for name, by_version in sorted(told.items())
    }


def _changes(name: str, told: Any) -> dict[str, list[str]]:
    if not isinstance(told, dict):
        raise HistoryError(f"what it says of the changes of {name!r} is no object")
    for version, sentences in told.items():
        _check_version(name, version)
        if not isinstance(sentences, list) or not all(isinstance(one, str) for one in sentences):
            raise HistoryError(f"the changes of {name!r} {version} are no list of sentences")
    return told


def _check_version(name: str, version: str) -> None:
    try:
        parse_version(version)
    except ValueError as error:
        raise HistoryError(f"of {name!r} it says that {error}") from None


def _versions(name: str, days: Any) -> dict[str, str]:
    if not isinstance(days, dict):
        raise HistoryError(f"what it says of {name!r} is no object")
    for version, day in days.items():
        _check_version(name, version)
        if not _is_day(day):
            raise HistoryError(f"the day of {name!r} {version} is {day!r}, not a day such as 2026-03-04")
    return days


def _is_day(day: Any) -> bool:
    try:
        return isinstance(day, str) and _DAY.fullmatch(day) is not None and bool(date.fromisoformat(day))
    except ValueError:
        return False
