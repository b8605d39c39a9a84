"""Findings in the forms of other programs hold to those programs' rules, whatever a finding says."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from catalog.model import codes
from catalog.model.codes import ALL_CODES
from catalog.model.finding import Finding, Severity
from catalog.rules.annotations import annotation, remark
from catalog.rules.code_quality import code_quality
from catalog.rules.explanations import explanations
from catalog.rules.sarif import SCHEMA, fingerprints, sarif

HERE = PurePosixPath()
FILE = PurePosixPath("apps/my notes/docker-compose.yml")
FINDING = codes.IMAGE_UNPINNED.at(FILE, "50% off:\nnone, really", ("services", "web"), "Do: this, that").on(3)
FINDINGS = st.builds(
    Finding,
    st.sampled_from(ALL_CODES),
    st.text(min_size=1, max_size=12).map(lambda text: PurePosixPath(text.lstrip("/"))),  # never absolute
    st.text(max_size=30),
    st.text(max_size=30),
    st.lists(st.text(max_size=4) | st.integers(0, 9), max_size=3).map(tuple),
    st.none() | st.integers(1, 99),
    st.none() | st.integers(1, 99),
)
TEXT = {"type": "string"}
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": TEXT},
    "additionalProperties": False,
}
MULTIFORMAT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": TEXT, "markdown": TEXT},
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
WHOLE = {"type": "integer", "minimum": 1}


def closed(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


RULE = closed(
    ["id"],
    {
        "id": TEXT,
        "shortDescription": MULTIFORMAT,
        "fullDescription": MULTIFORMAT,
        "help": MULTIFORMAT,
        "defaultConfiguration": closed([], {"level": LEVEL}),
        "properties": {"type": "object"},
    },
)
PLACE = closed(
    [],
    {
        "artifactLocation": closed(
            ["uri"],
            {
                "uri": {"type": "string", "pattern": r"^(?!/)(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+$"},
                "uriBaseId": TEXT,
            },
        ),
        "region": closed(["startLine"], {"startLine": WHOLE, "startColumn": WHOLE}),
    },
)
RESULT = closed(
    ["message"],
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "items": closed([], {"physicalLocation": PLACE})},
        "partialFingerprints": {"type": "object", "additionalProperties": TEXT},
    },
)
DRIVER = closed(
    ["name"],
    {
        "name": {"type": "string", "minLength": 1},
        "fullName": TEXT,
        "semanticVersion": TEXT,
        "rules": {"type": "array", "uniqueItems": True, "items": RULE},
    },
)
LOG = closed(
    ["version", "runs"],
    {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": closed(
                ["tool"],
                {
                    "tool": closed(["driver"], {"driver": DRIVER}),
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                },
            ),
        },
    },
)
"""The parts of the published schema of SARIF 2.1.0 that a log of ours may have, closed as they are there."""


def log(*findings: Finding, **options: Any) -> Any:
    made = sarif(findings, "1.2.3", options.get("texts", {}), options.get("folder", HERE))
    return json.loads(json.dumps(made))["runs"][0]


@given(st.lists(FINDINGS, max_size=5))
def test_any_findings_make_a_log_of_the_published_schema(findings: list[Finding]) -> None:
    made = sarif(findings, "1.2.3", {}, HERE)
    Draft7Validator(LOG).validate(made)
    assert made["$schema"] == SCHEMA
    run = made["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [one.code.id for one in findings]
    prints = [result["partialFingerprints"]["catalogFinding/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_a_result_says_where_in_the_repository_and_what() -> None:
    (result,) = log(FINDING, folder=PurePosixPath("extensions"))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "extensions/apps/my%20notes/docker-compose.yml"
    assert place["region"] == {"startLine": 3, "startColumn": 1}
    assert (result["ruleId"], result["level"]) == ("KZ311", "warning")
    assert result["message"]["text"] == "50% off:\nnone, really Do: this, that"


def test_a_finding_without_a_line_has_no_region() -> None:
    (result,) = log(codes.README_MISSING.at(FILE, "x"))["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_a_rule_has_the_text_of_the_reference_page_or_its_title() -> None:
    (rule,) = log(FINDING, texts={"KZ311": "**Warning.** Because."})["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"] == "**Warning.** Because."
    (rule,) = log(FINDING)["tool"]["driver"]["rules"]
    assert rule["help"]["text"] == "An image has no tag, or the tag latest."


def test_a_fingerprint_outlives_moved_lines_and_other_words() -> None:
    moved = codes.IMAGE_UNPINNED.at(FILE, "other words", FINDING.pointer).on(99)
    assert fingerprints([FINDING]) == fingerprints([moved])
    other = codes.IMAGE_UNPINNED.at(FILE, "x", ("services", "db"))
    assert fingerprints([FINDING]) != fingerprints([other])


def test_an_annotation_is_one_line_with_every_sign_escaped() -> None:
    made = annotation(FINDING, PurePosixPath("a,b:c"))
    assert made == (
        "::warning file=a%2Cb%3Ac/apps/my notes/docker-compose.yml,line=3,col=1,"
        "title=KZ311 An image has no tag%2C or the tag latest"
        "::50%25 off:%0Anone, really%0ADo: this, that"
    )


def unescaped(text: str) -> str:
    """What the runner makes of an escaped value."""
    for sign, escape in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(escape, sign)
    return text


@given(FINDINGS)
def test_the_runner_reads_every_annotation_back(finding: Finding) -> None:
    made = annotation(finding, HERE)
    assert "\n" not in made
    assert "\r" not in made
    match = re.fullmatch(r"::(error|warning) (.*?)::(.*)", made, re.DOTALL)
    assert match is not None
    properties = dict(part.split("=", 1) for part in match[2].split(","))
    assert unescaped(properties["file"]) == str(finding.file)
    assert properties.get("line") == (None if finding.line is None else str(finding.line))
    assert unescaped(match[3]) == "\n".join(part for part in (finding.message, finding.hint) if part)


def test_the_texts_of_the_page_stand_alone() -> None:
    page = (
        "# Page\n\n## KZ001 One\n\n**Error.** See [this](other.md#x) and [that](https://a.test).\n\n"
        "## KZ002 Two\n\nB"
    )
    assert explanations(page) == {"KZ001": "**Error.** See this and [that](https://a.test).", "KZ002": "B"}
    assert explanations(page.replace("\n", "\r\n"))["KZ002"] == "B"


@pytest.mark.parametrize("page", ["", "# x", "## KZ1 x\n\ny"])
def test_a_page_without_sections_has_no_texts(page: str) -> None:
    assert explanations(page) == {}


def test_a_remark_about_a_whole_run_is_one_line() -> None:
    assert remark(Severity.ERROR, "ci: build", "a\nb 50%") == "::error title=ci%3A build::a%0Ab 50%25"


@given(st.lists(FINDINGS, max_size=4))
def test_a_code_quality_report_has_what_gitlab_demands_of_every_finding(findings: list[Finding]) -> None:
    report = json.loads(json.dumps(code_quality(findings, PurePosixPath("extensions"))))
    prints = [one["fingerprint"] for one in report]
    assert len(set(prints)) == len(findings)
    for one, finding in zip(report, findings, strict=True):
        assert set(one) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in {"critical", "minor"}
        assert one["location"]["path"].startswith("extensions")
        assert one["location"]["lines"]["begin"] == (finding.line or 1)
