"""Findings as a Code Quality report of GitLab, which shows them beside the lines of a merge request.

The form is the part of Code Climate's that GitLab reads: a list of objects with `description`, `check_name`,
`fingerprint`, `severity` and `location`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.model.finding import Severity
from catalog.rules.sarif import fingerprints

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor"}


def code_quality(findings: Sequence[Finding], folder: PurePosixPath) -> list[dict[str, Any]]:
    """The report as JSON holds it; `folder` is where the workspace lies in the repository."""
    return [
        {
            "description": " ".join(part for part in (finding.message, finding.hint) if part),
            "check_name": finding.code.id,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.code.severity],
            "location": {"path": str(folder / finding.file), "lines": {"begin": finding.line or 1}},
        }
        for finding, fingerprint in zip(findings, fingerprints(findings), strict=True)
    ]
