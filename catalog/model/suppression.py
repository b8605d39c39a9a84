"""Suppressions: warnings that a workspace takes notice of with a reason, and does not want to see again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from catalog.model import codes
from catalog.model.names import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding

_FOLDERS = frozenset(kind.folder for kind in Kind)
_ONLY_IN_A_BUILD = frozenset({codes.PICTURE_UNREADABLE.id})


class Suppressed(Struct, frozen=True):
    """A finding that is not shown, and why."""

    finding: Finding
    reason: str

    def as_dict(self) -> dict[str, object]:
        """The finding as JSON shows it, with the reason."""
        return {**self.finding.as_dict(), "reason": self.reason}


class Suppression(Struct, frozen=True):
    """One line of a table `[suppress."extension"]`; `line` counts from 1, None if it is not known."""

    extension: str
    code: str
    reason: str
    line: int | None = None


class Divided(Struct, frozen=True):
    """Findings that are shown, and those that are suppressed, each in their order."""

    shown: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]


class Suppressions(Struct, frozen=True):
    """All suppressions of a workspace, by extension and code; no error is among them."""

    known: Mapping[tuple[str, str], Suppression] = field(default_factory=dict)

    def divide(self, findings: Iterable[Finding]) -> Divided:
        """The findings in two: what lies in an extension is held against its own suppressions."""
        shown: list[Finding] = []
        suppressed: list[Suppressed] = []
        for finding in findings:
            one = self._of(finding) if self.known else None
            if one is None:
                shown.append(finding)
            else:
                suppressed.append(Suppressed(finding, one.reason))
        return Divided(tuple(shown), tuple(suppressed))

    def unused(
        self, suppressed: Iterable[Suppressed], checked: Iterable[str], others: Iterable[str]
    ) -> Iterator[Suppression]:
        """Those that suppressed nothing in the extensions `checked`, or that name no extension at all.

        `others` are the extensions that were not checked. What only a build finds counts as used.
        """
        used = {key for one in suppressed if (key := _key(one.finding)) is not None}
        unchecked = frozenset(others) - frozenset(checked)
        for key, one in self.known.items():
            if key not in used and one.extension not in unchecked and one.code not in _ONLY_IN_A_BUILD:
                yield one

    def _of(self, finding: Finding) -> Suppression | None:
        key = _key(finding)
        return None if key is None or finding.is_error else self.known.get(key)


NO_SUPPRESSIONS = Suppressions()


def unused_finding(one: Suppression, file: PurePosixPath, *, is_extension: bool) -> Finding:
    """The finding that a suppression in `file` (catalog.toml) has nothing to suppress."""
    message = f"{one.extension} has no finding {one.code} any more, so nothing is suppressed."
    if not is_extension:
        message = f"The workspace has no extension {one.extension!r}, so nothing is suppressed."
    hint = f'Take it out of [suppress."{one.extension}"], or correct it.'
    found = codes.SUPPRESSION_UNUSED.at(file, message, ("suppress", one.extension, one.code), hint)
    return found if one.line is None else found.on(one.line)


def _key(finding: Finding) -> tuple[str, str] | None:
    """The extension that a finding is about, and its code; None if it is about none."""
    parts = finding.file.parts
    return (parts[1], finding.code.id) if len(parts) > 1 and parts[0] in _FOLDERS else None
