"""When which version of an extension first appeared, as a value.

Its written form is `{"extensions": {"field-notes": {"1.0.0": "2026-03-04"}}}`: every version that was ever
the highest, with its day. What is no longer in the workspace stays, so that it is not new when it comes back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from catalog.model.version import parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class HistoryError(ValueError):
    """The text is not a history; the message says where."""


@dataclass(frozen=True, slots=True)
class Dates:
    """When an extension was added and when it rose to its newest version: days as YYYY-MM-DD, or empty."""

    added: str = ""
    updated: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """The day of every version (YYYY-MM-DD), by extension and version."""

    versions: Mapping[str, Mapping[str, str]]

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
        return cls({name: _versions(name, days) for name, days in extensions.items()})

    def as_text(self) -> str:
        """The history as the file has it: names in order, versions as they rise."""
        extensions = {
            name: {version: days[version] for version in sorted(days, key=parse_version)}
            for name, days in sorted(self.versions.items())
        }
        return f"{json.dumps({'extensions': extensions}, indent=2, ensure_ascii=False)}\n"

    def lacks(self, versions: Mapping[str, str]) -> frozenset[str]:
        """Which of these extensions (name to version) are new or have risen above all that is known."""
        return frozenset(name for name, version in versions.items() if self._rises(name, version))

    def having(self, versions: Mapping[str, str], days: Mapping[str, str]) -> History:
        """This history with the versions that it lacks; `days` has the day of each."""
        risen = {
            name: {**self.versions.get(name, {}), versions[name]: days[name]} for name in self.lacks(versions)
        }
        return History({**self.versions, **risen})

    def dates(self, name: str) -> Dates:
        """When the extension was added, and when it last rose."""
        days = self.versions.get(name)
        if not days:
            return Dates()
        return Dates(min(days.values()), days[max(days, key=parse_version)])

    def _rises(self, name: str, version: str) -> bool:
        known = [parse_version(one) for one in self.versions.get(name, {})]
        return not known or parse_version(version) > max(known)


NO_HISTORY = History({})


def _versions(name: str, days: Any) -> dict[str, str]:
    if not isinstance(days, dict):
        raise HistoryError(f"what it says of {name!r} is no object")
    for version, day in days.items():
        try:
            parse_version(version)
        except ValueError as error:
            raise HistoryError(f"of {name!r} it says that {error}") from None
        if not _is_day(day):
            raise HistoryError(f"the day of {name!r} {version} is {day!r}, not a day such as 2026-03-04")
    return days


def _is_day(day: Any) -> bool:
    try:
        return isinstance(day, str) and _DAY.fullmatch(day) is not None and bool(date.fromisoformat(day))
    except ValueError:
        return False
