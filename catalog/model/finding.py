"""Findings: what is wrong with what somebody wrote, as data.

A finding names its code, where it stands (file and pointer into it) and what to do. Rules yield findings and
never raise; line and column are looked up at the end, in a second read of only the files that have findings.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath  # noqa: TC003  # what Form reads has to be there when it runs

from msgspec import Struct
from msgspec.structs import replace

Pointer = tuple[str | int, ...]
"""Keys and indexes from the root of a document to one of its values."""


class Severity(StrEnum):
    """Errors stop a build; warnings never do."""

    ERROR = "error"
    WARNING = "warning"


class Code(Struct, frozen=True):
    """A stable code, its severity, and its title: what is wrong, in a few words without names."""

    id: str
    severity: Severity
    title: str

    def at(
        self,
        file: PurePosixPath,
        message: str,
        pointer: Pointer = (),
        hint: str = "",
    ) -> Finding:
        """A finding of this code in `file` (relative to the workspace) at `pointer`."""
        return Finding(self, file, message, hint, pointer)


class Finding(Struct, frozen=True):
    """One problem: which code, in which file, where, why and what to do next."""

    code: Code
    file: PurePosixPath
    message: str
    hint: str = ""
    pointer: Pointer = ()
    line: int | None = None
    column: int | None = None

    @property
    def is_error(self) -> bool:
        """Whether this finding stops a build."""
        return self.code.severity is Severity.ERROR

    def on(self, line: int) -> Finding:
        """The finding at the start of this line (from 1), for files whose values have no pointers."""
        return replace(self, line=line, column=1)

    def as_dict(self) -> dict[str, object]:
        """The finding as JSON shows it; `line` and `column` count from 1 and are null when unknown."""
        return {
            "code": self.code.id,
            "severity": self.code.severity.value,
            "file": str(self.file),
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
        }


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Whether any of the findings is an error."""
    return any(finding.is_error for finding in findings)


def sort_key(finding: Finding) -> tuple[str, int, int, str, str]:
    """The order in which findings are shown: by file, then by place, then by code."""
    return (str(finding.file), finding.line or 0, finding.column or 0, finding.code.id, finding.message)
