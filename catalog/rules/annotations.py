"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change.

A remark is the same about a whole run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding, Severity

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def annotation(finding: Finding, folder: PurePosixPath) -> str:
    """One line that annotates the finding; `folder` is where the workspace lies in the repository.

    The escapes are those of the runner's own toolkit: a message may have several lines and any character.
    """
    properties = {"file": str(folder / finding.file)}
    if finding.line is not None:
        properties |= {"line": str(finding.line), "col": str(finding.column or 1)}
    properties["title"] = f"{finding.code.id} {finding.code.title}"
    text = "\n".join(part for part in (finding.message, finding.hint) if part)
    return _command(finding.code.severity, properties, text)


def remark(severity: Severity, title: str, text: str) -> str:
    """One line that annotates a whole run with `text`, which may have several lines, under `title`."""
    return _command(severity, {"title": title}, text)


def _command(severity: Severity, properties: Mapping[str, str], text: str) -> str:
    written = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{severity.value} {written}::{_escaped(text, _DATA)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in text)
