"""The examples of the reference page are true: a bad one gives its code, a good one does not.

An example is a part of kamiwaza.json, of a service, of the services, of a Dockerfile or of nginx's settings.
What cannot be put so (folders, several extensions, words around the example) is tested beside its rule.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import catalog
from catalog.model.yaml_text import DocumentError, read_yaml
from tests.rules.builder import LIMITS, by_hand, extension, findings, source_of, with_deployment

if TYPE_CHECKING:
    from catalog.model.extension import Extension

PAGE = Path(catalog.__file__).parent.parent / "docs" / "reference" / "findings.md"
SECTION = re.compile(r"^## (KZ\d{3}) [^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BY_HAND = re.compile(r"KZ30[4-9]|KZ31[0-4]|KZ116")
IN_WORDS = {
    "KZ105", "KZ106", "KZ107", "KZ110", "KZ207", "KZ213", "KZ231", "KZ232", "KZ236", "KZ303", "KZ308",
    "KZ317", "KZ401", "KZ403", "KZ405", "KZ407", "KZ408",
}  # fmt: skip
"""Codes whose examples need more around them than one extension."""


def examples(kind: str) -> list[tuple[str, str]]:
    """Each snippet of code in the lines `- Bad:` or `- Good:`, with its code."""
    found = []
    for code, text in SECTION.findall(PAGE.read_text(encoding="utf-8")):
        lines = re.findall(rf"^- {kind}: (.*(?:\n  .*)*)", text, re.MULTILINE)
        found += [(code, snippet) for line in lines for snippet in re.findall(r"`([^`]+)`", line)]
    return [
        (code, snippet)
        for code, snippet in found
        if code not in IN_WORDS and code > "KZ1" and made(code, snippet) is not None
    ]


def made(code: str, snippet: str) -> Extension | None:
    """An extension with the example in it; None for an example of another form."""
    if code in {"KZ234", "KZ235"} and not snippet.startswith("image"):
        return extension(texts={"Dockerfile": f"FROM python:3.11\n{snippet}\n"})
    if code == "KZ237":
        text = "FROM nginxinc/nginx-unprivileged\nCOPY nginx.conf /etc/nginx/\n"
        return extension(texts={"Dockerfile": text, "nginx.conf": snippet})
    if snippet.startswith(('"', "{")):
        return _with_manifest(snippet)
    try:
        data = read_yaml(snippet)
    except DocumentError:
        return None
    return _with_compose(code, data) if isinstance(data, dict) else None


def _with_manifest(snippet: str) -> Extension | None:
    try:
        fields = json.loads(snippet if snippet.startswith("{") else f"{{{snippet}}}")
    except ValueError:
        return None
    if all(name.isupper() for name in fields):
        fields = {"env_defaults": fields}
    if "name" in fields:
        fields = dict.fromkeys(("version", "source_type", "risk_tier"), ...) | fields
    if set(fields) == {"risk_tier"} and not isinstance(fields["risk_tier"], bool):
        return None  # it stands beside another example
    complete = {"optional_env_vars": ..., **fields}
    return extension(manifest=complete, files={"images/notes.png": 1, "preview.png": 1})


def _with_compose(code: str, data: dict[str, Any]) -> Extension:
    if code == "KZ307":
        return by_hand({"deploy": {"resources": data}})
    if code == "KZ310":
        return by_hand(volumes={"data": data})
    return _by_hand(data) if BY_HAND.match(code) else extension(development=_development(data))


def _development(data: dict[str, Any]) -> dict[str, Any]:
    """A development file with the example: the file, its services, its volumes, or keys of a service."""
    service = {"build": ".", "ports": ["8000"], "deploy": LIMITS}
    if "services" in data:
        return data
    if "web" in data:
        return {"services": data}
    if isinstance(data.get("volumes"), dict):
        return {"services": {"web": {**service, "volumes": ["data:/data"]}}, **data}
    web = {key: value for key, value in {**service, **_service(data)}.items() if value is not ...}
    return {"services": {"web": web}, "volumes": {"data": None} if "volumes" in data else {}}


def _by_hand(data: dict[str, Any]) -> Extension:
    hand = by_hand(_service(data)) if "web" not in data else None
    if hand is not None:
        return hand
    base = by_hand()
    document = source_of(base).deployment
    assert document is not None
    return with_deployment(base, {**document.data, "services": data})


def _service(data: dict[str, Any]) -> dict[str, Any]:
    """A service with the example, which may be variables alone; one with an image is not built."""
    if all(name.isupper() for name in data):
        data = {"environment": data}
    return {"build": ..., **data} if "image" in data else data


BAD, GOOD = examples("Bad"), examples("Good")


@pytest.mark.parametrize(("code", "snippet"), BAD)
def test_a_bad_example_gives_its_finding(code: str, snippet: str) -> None:
    example = made(code, snippet)
    assert example is not None
    assert code in [finding.code.id for finding in findings(example)]


@pytest.mark.parametrize(("code", "snippet"), GOOD)
def test_a_good_example_does_not(code: str, snippet: str) -> None:
    example = made(code, snippet)
    assert example is not None
    assert code not in [finding.code.id for finding in findings(example)]


def test_most_of_the_page_is_tried() -> None:
    assert len({code for code, _ in (*BAD, *GOOD)}) > 40
