"""What a run of the pipeline reports: its steps, what each looked at, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from catalog.operations.result import FindingField, PathField, Result

if TYPE_CHECKING:
    from catalog.model.finding import Finding


class Step(StrEnum):
    """The steps of the pipeline, in their order (the extension guide's, with the shared libraries first)."""

    LIBS = "libs"
    BUILD = "build"
    TEST = "test"
    SYNC = "sync-compose"
    VALIDATE = "validate"
    REGISTRY = "registry"
    PACKAGE = "package"


class Verdict(StrEnum):
    """What came of a step, or of one thing that it looked at."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_REACHED = "not reached"


class Item(Result):
    """One thing that a step looked at (an image, the tests of a service, a file), and what came of it."""

    name: str
    verdict: Verdict
    seconds: float = 0.0
    message: str = ""
    hint: str = ""


class StepReport(Result):
    """One step: what came of it, how long it took, and the exit code that it ends the pipeline with.

    `summary` is a short sentence for people, `produced` what it has made on the disk.
    """

    step: Step
    verdict: Verdict
    seconds: float = 0.0
    code: int = 0
    summary: str = ""
    items: tuple[Item, ...] = ()
    findings: tuple[FindingField, ...] = ()
    produced: tuple[PathField, ...] = ()

    @property
    def has_run(self) -> bool:
        """Whether it did anything."""
        return self.verdict not in {Verdict.SKIPPED, Verdict.NOT_REACHED}


class CiResult(Result):
    """All steps in their order, the one that failed, and the seconds that all of them took."""

    steps: tuple[StepReport, ...]
    failed: Step | None
    seconds: float

    @property
    def exit_code(self) -> int:
        """That of the step that failed."""
        return max(report.code for report in self.steps)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all steps, each once."""
        return tuple(dict.fromkeys(finding for report in self.steps for finding in report.findings))
