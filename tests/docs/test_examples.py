"""The examples of the documentation are true: they parse, and what is said of them is what is found.

A block of code whose title is a file name is a file of an extension; those of one section make the extension
together. Exactly the codes that the section names are found in it.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import catalog
from catalog.model.codes import ALL_CODES
from catalog.model.compose import build_sections
from catalog.model.finding import Severity
from catalog.model.yaml_text import read_yaml
from catalog.operations.build import BuildRequest, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, validate
from catalog.workspace.workspace import open_workspace
from tests.support.trees import MANIFEST, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(catalog.__file__).parent.parent / "docs"
PAGES = sorted(path for folder in ("how-to", "tutorials") for path in (DOCS / folder).glob("*.md"))
GUIDES = ("ai-models", "nginx-proxy", "real-time", "networking", "resource-limits", "troubleshooting")
ERRORS = {code.id for code in ALL_CODES if code.severity is Severity.ERROR}
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
DOCKERFILE = "FROM python:3.11-slim\nHEALTHCHECK CMD true\nUSER 10001\n"
COMPOSE = 'services:\n  web:\n    build: .\n    ports:\n      - "8000"\n'


@dataclass(frozen=True)
class Block:
    """A piece of code on a page."""

    language: str
    title: str
    text: str


def blocks(text: str) -> list[Block]:
    return [Block(*parts) for parts in BLOCK.findall(text)]


@dataclass(frozen=True)
class Section:
    """A section that has files of an extension, with the codes that it names."""

    page: str
    heading: str
    files: dict[str, str]
    codes: set[str]

    def __str__(self) -> str:
        return f"{self.page}: {self.heading}"


def sections() -> Iterator[Section]:
    for path in PAGES:
        for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            files = {block.title: block.text for block in blocks(section) if block.title}
            if files:
                codes = set(re.findall(r"KZ\d{3}", section))
                yield Section(path.stem, section.partition("\n")[0], files, codes)


def extension_of(section: Section, root: Path) -> Path:
    """A workspace with the one extension that the section shows, and what it leaves out made up."""
    files: dict[str, Any] = {"README.md": "# Notes\n", "docker-compose.yml": COMPOSE, **section.files}
    fields = json.loads(files.get("kamiwaza.json", "{}"))
    for _, paths in build_sections(read_yaml(files["docker-compose.yml"])):
        files.setdefault(str(paths.dockerfile), DOCKERFILE)
    files["kamiwaza.json"] = {**MANIFEST, **fields}
    return tree(root, {f"apps/notes/{name}": content for name, content in files.items()})


def found_in(root: Path) -> dict[str, str]:
    """The codes of what is found in a workspace once it is synced, each with a message."""
    workspace = open_workspace(root, root)
    sync_compose(workspace, SyncRequest())
    return {finding.code.id: finding.message for finding in validate(workspace, ValidateRequest()).findings}


SECTIONS = list(sections())


@pytest.mark.parametrize("section", SECTIONS, ids=str)
def test_an_example_gives_the_findings_that_its_section_names_and_no_others(
    section: Section, tmp_path: Path
) -> None:
    root = extension_of(section, tmp_path)
    found = found_in(root)
    assert set(found) == section.codes, found
    result = build(open_workspace(root, root), BuildRequest(parts={"registry"}))
    assert (result.root is None) == bool(section.codes & ERRORS)


def test_every_guide_has_examples_that_are_tried() -> None:
    assert {section.page for section in SECTIONS} >= set(GUIDES)


def test_the_command_of_the_proxy_arrives_byte_for_byte(tmp_path: Path) -> None:
    (section,) = [one for one in SECTIONS if one.heading == "With the configuration in the command"]
    root = extension_of(section, tmp_path)
    found_in(root)
    source, deployed = (
        read_yaml((root / f"apps/notes/docker-compose{name}.yml").read_text(encoding="utf-8"))
        for name in ("", ".appgarden")
    )
    assert "\\$$host" in source["services"]["proxy"]["command"]
    assert deployed["services"]["proxy"]["command"] == source["services"]["proxy"]["command"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_piece_of_code_parses(path: Path) -> None:
    for block in blocks(path.read_text(encoding="utf-8")):
        if block.language == "python":
            ast.parse(block.text)
        elif block.language == "json" and block.text.startswith("{"):
            json.loads(block.text)
        elif block.language in {"yaml", "yml"}:
            read_yaml(block.text)
