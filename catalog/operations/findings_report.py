"""Writes the findings of a run in a form that another program reads: GitHub, GitLab, or code scanning."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

import catalog
from catalog.rules.annotations import annotation
from catalog.rules.code_quality import code_quality
from catalog.rules.explanations import explanations
from catalog.rules.sarif import sarif
from catalog.workspace.assets import shipped
from catalog.workspace.git import folder_in_repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catalog.model.finding import Finding

_PAGE = "findings.md"


class ReportForm(StrEnum):
    """Whose form it is: workflow commands of GitHub Actions, Code Quality of GitLab, or SARIF 2.1.0."""

    GITHUB = "github"
    GITLAB = "gitlab"
    SARIF = "sarif"


def findings_report(findings: Sequence[Finding], root: Path, form: ReportForm) -> str:
    """The findings of the workspace at `root` as text, without a line break at its end.

    Without findings, it is empty for GitHub, and a report that says so for the others.
    Paths are relative to the repository that the workspace lies in, as all forms demand. Suppressed findings
    are not part of a report: GitHub would show them as open.

    Raises:
        MissingError: the installation is damaged.
    """
    folder = folder_in_repository(root)
    if form is ReportForm.GITHUB:
        return "\n".join(annotation(finding, folder) for finding in findings)
    if form is ReportForm.GITLAB:
        return json.dumps(code_quality(findings, folder), indent=2)
    page = (shipped("docs/reference") / _PAGE).read_text(encoding="utf-8")
    return json.dumps(sarif(findings, catalog.__version__, explanations(page), folder), indent=2)
