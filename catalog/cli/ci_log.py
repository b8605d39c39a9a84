"""Tells of a run of the pipeline while it goes on: plainly, or folded for the logs of GitHub and GitLab."""

from __future__ import annotations

import os
import secrets
import time
from enum import StrEnum
from typing import TYPE_CHECKING

from catalog.model.finding import Severity, has_errors
from catalog.operations.ci_report import Verdict
from catalog.operations.findings_report import ReportForm, findings_report
from catalog.rules.annotations import remark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from catalog.cli.console import Console
    from catalog.model.finding import Finding
    from catalog.operations.ci_report import Item, Step, StepReport

COLORS = {Verdict.PASSED: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "red"}


class Annotations(StrEnum):
    """Whose log it is."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


def usual(environment: Mapping[str, str]) -> Annotations:
    """What fits the machine, by the variables that both services document."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return Annotations.GITHUB
    return Annotations.GITLAB if environment.get("GITLAB_CI") == "true" else Annotations.NONE


class PlainLog:
    """Tells of the steps on a console; what a step has found is told once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._told: set[Finding] = set()

    def line(self, source: str, text: str) -> None:
        """Show what a program said."""
        self.console.line(source, text)

    def advance(self, label: str, done: int, total: int | None) -> None:
        """Show how far a step is."""
        self.console.advance(label, done, total)

    def transferred(self, label: str, done: int, total: int | None) -> None:
        """Show how far a step is, in bytes."""
        self.console.transferred(label, done, total)

    def begun(self, step: Step) -> None:
        """Show that the step begins."""
        self.console.say(f"== {step.value}", bold=True)

    def ended(self, report: StepReport) -> None:
        """Show what it found, what went wrong, and what came of it."""
        self.tell(report, self.news(report))

    def news(self, report: StepReport) -> list[Finding]:
        """The findings that no earlier step had; all of them if the step failed."""
        found = [one for one in report.findings if report.code or one not in self._told]
        self._told.update(found)
        return found

    def tell(self, report: StepReport, findings: list[Finding]) -> None:
        """Show the findings, what is wrong with what, and the outcome of the step."""
        self.console.findings(findings)
        if not self.console.as_json:
            for item in report.items:
                self._item(item)
        is_explained = any(item.verdict is Verdict.FAILED for item in report.items) or has_errors(findings)
        if report.code and not is_explained and not self.console.as_json:
            self.console.problem(f"{report.step.value}: {report.summary}", "")
        word = self.console.style(report.verdict.value, bold=True, color=COLORS.get(report.verdict))
        self.console.say(word, f" in {report.seconds:.1f} s: {report.summary}")

    def _item(self, item: Item) -> None:
        if item.verdict is Verdict.FAILED:
            self.console.problem(f"{item.name}: {item.message}", item.hint)
        elif item.verdict is Verdict.WARNING and not self.console.quiet:
            self.console.warning(f"{item.name}: {item.message}")


class GithubLog(PlainLog):
    """Folds each step, keeps what programs say from steering the runner, and annotates what is wrong."""

    def __init__(self, console: Console, root: Path) -> None:
        """Tell `console` of the workspace at `root`."""
        super().__init__(console)
        self._root = root
        self._token = ""

    def begun(self, step: Step) -> None:
        """Open the fold; from here on the runner obeys nobody who does not know the token."""
        self._token = secrets.token_hex(16)
        self.console.marker(f"::group::{step.value}\n::stop-commands::{self._token}")

    def ended(self, report: StepReport) -> None:
        """Close the fold and annotate."""
        findings = self.news(report)
        self.tell(report, findings)
        self.console.marker(f"::{self._token}::\n::endgroup::")
        if self.console.as_json:
            return
        self.console.document(findings_report(findings, self._root, ReportForm.GITHUB))
        for item in report.items:
            severity = {Verdict.FAILED: Severity.ERROR, Verdict.WARNING: Severity.WARNING}.get(item.verdict)
            if severity:
                text = "\n".join(filter(None, (f"{item.name}: {item.message}", item.hint)))
                self.console.document(remark(severity, f"catalog ci: {report.step.value}", text))


class GitlabLog(PlainLog):
    """Folds each step in the log of a job."""

    def begun(self, step: Step) -> None:
        """Open the fold."""
        section = f"section_start:{int(time.time())}:{_section(step)}"
        self.console.marker(f"\x1b[0K{section}\r\x1b[0K{step.value}")

    def ended(self, report: StepReport) -> None:
        """Close the fold."""
        self.tell(report, self.news(report))
        self.console.marker(f"\x1b[0Ksection_end:{int(time.time())}:{_section(report.step)}\r\x1b[0K")


def _section(step: Step) -> str:
    return f"catalog_{step.value.replace('-', '_')}"


def open_log(console: Console, annotations: Annotations, root: Path) -> PlainLog:
    """The log for this machine."""
    match annotations:
        case Annotations.GITHUB:
            return GithubLog(console, root)
        case Annotations.GITLAB:
            return GitlabLog(console)
        case Annotations.NONE:
            return PlainLog(console)


def summary_file(annotations: Annotations) -> str | None:
    """The file whose Markdown GitHub shows on the page of a run, if this is one."""
    return os.environ.get("GITHUB_STEP_SUMMARY") if annotations is Annotations.GITHUB else None
