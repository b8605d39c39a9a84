"""Findings as SARIF 2.1.0, the form that code scanning of GitHub and others and many editors read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import PurePosixPath

    from catalog.model.finding import Code, Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")  # RFC 3986
_FINGERPRINT = "catalogFinding/v1"


def sarif(
    findings: Sequence[Finding], version: str, explanations: Mapping[str, str], folder: PurePosixPath
) -> dict[str, Any]:
    """The findings as a SARIF log with one run of this tool, whose version is `version`.

    `explanations` has the Markdown text about each code, as far as there is one; `folder` is where the
    workspace lies in the repository that is scanned.
    """
    rules = sorted({finding.code for finding in findings}, key=lambda code: code.id)
    numbers = {code.id: number for number, code in enumerate(rules)}
    driver = {
        "name": "catalog",
        "fullName": "extension-catalog",
        "semanticVersion": version,
        "rules": [_rule(code, explanations.get(code.id, "")) for code in rules],
    }
    results = [
        _result(finding, numbers[finding.code.id], print_, folder)
        for finding, print_ in zip(findings, fingerprints(findings), strict=True)
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """A digest of each finding that stays the same when lines move or a message is worded anew.

    It is made from the code, the file and the place in its document; several findings that have all of these
    in common are counted.
    """
    seen: Counter[str] = Counter()
    prints = []
    for finding in findings:
        what = json.dumps([finding.code.id, str(finding.file), *finding.pointer])
        seen[what] += 1
        prints.append(hashlib.sha256(f"{what} {seen[what]}".encode()).hexdigest())
    return prints


def _rule(code: Code, explanation: str) -> dict[str, Any]:
    text = explanation or f"{code.title}."
    return {
        "id": code.id,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": f"{code.title}."},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": code.severity.value},
        "properties": {"problem.severity": code.severity.value},
    }


def _result(finding: Finding, number: int, fingerprint: str, folder: PurePosixPath) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {
            "uri": _uri(folder / finding.file),
            "uriBaseId": "%SRCROOT%",
        }
    }
    if finding.line is not None:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column or 1}
    return {
        "ruleId": finding.code.id,
        "ruleIndex": number,
        "level": finding.code.severity.value,
        "message": {"text": f"{finding.message} {finding.hint}".strip()},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }


def _uri(path: PurePosixPath) -> str:
    """The path as a relative URI reference."""
    content = str(path).encode(errors="replace")
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in content)
