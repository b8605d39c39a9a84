"""Writes what came of the pipeline into the files that CI services read: JSON, JUnit, Code Quality."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from catalog.errors import MissingError
from catalog.operations.ci_report import Verdict
from catalog.operations.findings_report import ReportForm, findings_report
from catalog.site.xml_text import document, element
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from catalog.model.finding import Finding
    from catalog.operations.ci import CiRequest
    from catalog.operations.ci_report import CiResult, Item, StepReport


def make_room(*files: Path | None) -> None:
    """Make the folders of these files, so that a wrong place is known before an hour of work.

    Raises:
        MissingError: the disk refuses.
    """
    for file in filter(None, files):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise MissingError(f"{file} cannot be written: {reason}.", "Choose another place.") from error


def write_reports(result: CiResult, root: Path, request: CiRequest) -> None:
    """Write the files that the request names; `root` is the workspace.

    Raises:
        MissingError: the disk refuses one; the others are written.
    """
    refused: list[MissingError] = []
    for file, content in _contents(result, root, request):
        try:
            write_file(file, content)
        except MissingError as error:
            refused.append(error)
    if refused:
        raise refused[0]


def _contents(result: CiResult, root: Path, request: CiRequest) -> Iterator[tuple[Path, bytes]]:
    if request.report:
        data = result.model_dump(mode="json") | {"exit_code": result.exit_code}
        yield request.report, _line(json.dumps(data, indent=2, ensure_ascii=False))
    if request.junit:
        yield request.junit, junit(result)
    if request.code_quality:
        yield request.code_quality, _line(findings_report(result.findings, root, ReportForm.GITLAB))


def _line(text: str) -> bytes:
    return f"{text}\n".encode(errors="replace")


def junit(result: CiResult) -> bytes:
    """The result as JUnit XML: a suite for each step that ran, a case for each thing that it looked at."""
    suites = [_suite(report) for report in result.steps if report.has_run]
    return document(element("testsuites", "", *suites, name="catalog ci", time=f"{result.seconds:.3f}"))


def _suite(report: StepReport) -> Element:
    cases = [_case(report, item) for item in report.items]
    cases += [_finding(report, finding) for finding in report.findings if finding.is_error]
    if not cases or (report.code and all(case.find("failure") is None for case in cases)):
        cases.append(_whole(report))
    failures = sum(case.find("failure") is not None for case in cases)
    return element(
        "testsuite",
        "",
        *cases,
        name=report.step.value,
        tests=str(len(cases)),
        failures=str(failures),
        errors="0",
        skipped="0",
        time=f"{report.seconds:.3f}",
    )


def _case(report: StepReport, item: Item) -> Element:
    failures = _failure(item.message, item.hint) if item.verdict is Verdict.FAILED else ()
    return element(
        "testcase",
        "",
        *failures,
        classname=f"catalog.{report.step.value}",
        name=item.name,
        time=f"{item.seconds:.3f}",
    )


def _finding(report: StepReport, finding: Finding) -> Element:
    place = f"{finding.file}:{finding.line}" if finding.line else str(finding.file)
    failures = _failure(finding.message, f"{place}\n{finding.hint}")
    name = f"{finding.code.id} {place}"
    return element("testcase", "", *failures, classname=f"catalog.{report.step.value}", name=name)


def _whole(report: StepReport) -> Element:
    failures = _failure(report.summary, "") if report.code else ()
    return element(
        "testcase",
        "",
        *failures,
        classname="catalog",
        name=report.step.value,
        time=f"{report.seconds:.3f}",
    )


def _failure(message: str, more: str) -> Iterator[Element]:
    yield element("failure", more, message=message)
