"""Runs the whole pipeline of a workspace: libraries, images, tests, compose files, rules, registry, bundle.

It stops at the first step that fails; every step is in the result, also those that were not reached.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from catalog.errors import CatalogError
from catalog.operations.ci_files import make_room, write_reports
from catalog.operations.ci_report import CiResult, Item, Step, StepReport, Verdict
from catalog.operations.ci_steps import STEPS, Job, StepOptions
from catalog.operations.progress import Audience, Silence
from catalog.operations.result import PathField
from catalog.workspace.writing import disk_refusal

if TYPE_CHECKING:
    from catalog.engine.engine import Engine
    from catalog.workspace.workspace import Workspace


class CiRequest(StepOptions):
    """Where to begin, how the steps work, and which files tell what came of it.

    `report` gets the result as JSON, `junit` as JUnit XML, `code_quality` the findings as GitLab reads them.
    """

    first: Step = Step.LIBS
    report: PathField | None = None
    junit: PathField | None = None
    code_quality: PathField | None = None


class Spectator(Audience, Protocol):
    """Somebody who also wants to hear when a step begins and ends."""

    def begun(self, step: Step) -> None:
        """Take note that the step begins."""

    def ended(self, report: StepReport) -> None:
        """Take note of what came of the step that has begun."""


class _Nobody(Silence):
    """Nobody listens."""

    def begun(self, step: Step) -> None:
        """Let it pass."""

    def ended(self, report: StepReport) -> None:
        """Let it pass."""


def ci(
    workspace: Workspace,
    request: CiRequest,
    spectator: Spectator | None = None,
    engine: Engine | None = None,
) -> CiResult:
    """Run the steps from the first that is asked for to the first that fails, and write the reports.

    `engine` is found by each step that needs one, unless it is given.

    Raises:
        MissingError: a report cannot be written; those that can be are.
    """
    listener = spectator or _Nobody()
    make_room(request.report, request.junit, request.code_quality)
    begun = time.monotonic()
    run = _Run(Job(workspace, request, listener, engine), request.first, listener)
    reports: list[StepReport] = []
    for step in Step:
        reports.append(run.report(step, reports))
    failed = next((report.step for report in reports if report.code), None)
    result = CiResult(steps=tuple(reports), failed=failed, seconds=_since(begun))
    write_reports(result, workspace.root, request)
    return result


class _Run(Struct, frozen=True):
    """One run of the pipeline: what its steps work on, with which of them it begins, and who watches."""

    job: Job
    first: Step
    spectator: Spectator

    def report(self, step: Step, before: list[StepReport]) -> StepReport:
        """What comes of the step after those before it, which is not run if one of them has failed."""
        order = list(Step)
        if any(report.code for report in before):
            return StepReport(step=step, verdict=Verdict.NOT_REACHED)
        if order.index(step) < order.index(self.first):
            return StepReport(step=step, verdict=Verdict.SKIPPED, summary=f"begun with {self.first.value}")
        self.spectator.begun(step)
        begun = time.monotonic()
        try:
            report = STEPS[step](self.job)
        except CatalogError as error:
            report = _stopped(step, error)
        except BrokenPipeError:  # who reads our output has gone, which no report would change
            raise
        except OSError as error:
            report = _stopped(step, disk_refusal(error, self.job.workspace.root))
        report = report.model_copy(update={"seconds": _since(begun)})
        self.spectator.ended(report)
        return report


def _stopped(step: Step, error: CatalogError) -> StepReport:
    item = Item(name=step.value, verdict=Verdict.FAILED, message=error.message, hint=error.hint)
    return StepReport(
        step=step, verdict=Verdict.FAILED, code=error.exit_code, summary=error.message, items=(item,)
    )


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 3)
