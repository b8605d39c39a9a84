"""The documentation is whole: pages can be found, links lead somewhere, names of the product are told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import catalog
from catalog.model.codes import ALL_CODES
from catalog.model.manifest import CatalogNotes, Manifest
from catalog.registry.layout import HELPER_FILES
from catalog.workspace.publish_settings import PublishSettings
from catalog.workspace.settings import CatalogSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(catalog.__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))
RECORDS = sorted((DOCS / "adr").glob("[0-9]*.md"))
FRAGMENTS = sorted(path.name for path in (ROOT / "changes").glob("*.md") if path.name != "README.md")
KNOWN_CODES = {code.id for code in ALL_CODES}
LOADING = re.compile(r"""<(?:img|script|iframe|link)\b[^>]*?\b(?:src|href)=["'](?:https?:)?//""")


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def fields_in_tables(page: str) -> set[str]:
    """The names in code that stand in the first column of the tables of a page."""
    cells = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", text_of(page), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@dataclass(frozen=True, slots=True)
class Built:
    """A build of the documentation in which every warning is an error: where it is, and how it went."""

    site: Path
    exit_code: int
    messages: str


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    site = tmp_path_factory.mktemp("documentation") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    process = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    return Built(site, process.returncode, process.stderr)


def pages_in(nav: Any) -> Iterator[str]:
    """The pages that a part of the navigation names."""
    if isinstance(nav, str):
        yield nav
        return
    for part in nav.values() if isinstance(nav, dict) else nav:
        yield from pages_in(part)


def test_every_page_stands_once_in_the_navigation() -> None:
    configuration = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(pages_in(configuration["nav"])) == PAGES


def test_every_link_and_anchor_leads_somewhere(built: Built) -> None:
    assert built.exit_code == 0, built.messages


def test_every_page_is_built_and_loads_nothing_from_outside(built: Built) -> None:
    pages = [built.site / page.replace(".md", ".html") for page in PAGES]
    assert [page for page in pages if LOADING.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_decision_has_its_number_and_its_five_headings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(rf"# {int(path.name[:4])}\. \S.*\n\nDate: \d{{4}}-\d\d-\d\d\n", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Status", "Context", "Decision", "Consequences"]


def test_decisions_are_numbered_without_gaps_and_all_listed() -> None:
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
    listed = re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", text_of("adr/index.md"))
    assert listed == [path.name for path in RECORDS]


def test_every_finding_code_has_its_section_and_no_section_names_another() -> None:
    headings = re.findall(r"^#{2,4} .*$", text_of("reference/findings.md"), re.MULTILINE)
    explained = [code for heading in headings for code in re.findall(r"\bKZ\d{3}\b", heading)]
    assert sorted(explained) == sorted(KNOWN_CODES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_codes_that_there_are(page: str) -> None:
    assert set(re.findall(r"\bKZ\d{3}\b", text_of(page))) <= KNOWN_CODES


def test_every_setting_is_explained_and_no_other() -> None:
    known = {*CatalogSettings.model_fields, *PublishSettings.model_fields}
    assert fields_in_tables("reference/settings.md") == known


def test_every_setting_has_its_variable_in_the_reference_of_the_environment() -> None:
    listed = set(re.findall(r"`(CATALOG_[A-Z_]+)`", text_of("reference/environment.md")))
    assert {f"CATALOG_{name.upper()}" for name in CatalogSettings.model_fields} <= listed


def test_every_field_of_the_manifest_is_explained() -> None:
    known = {field.alias or name for name, field in Manifest.model_fields.items()} - {"x-catalog"}
    assert known | set(CatalogNotes.model_fields) == fields_in_tables("reference/manifest.md")


def test_every_helper_file_of_a_build_is_explained() -> None:
    section = text_of("reference/artefact-layout.md").partition("## Helper files")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)) == set(HELPER_FILES)


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_news_fragment_has_a_name_that_a_release_understands(name: str) -> None:
    assert re.fullmatch(r"(?:\d+|\+[a-z0-9-]+)\.(?:added|changed|removed|fixed|security)\.md", name)
