"""The reference page explains every code, under its own title and with its own severity."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import catalog
from catalog.model.codes import ALL_CODES

if TYPE_CHECKING:
    from catalog.model.finding import Code

PAGE = Path(catalog.__file__).parent.parent / "docs" / "reference" / "findings.md"
TEXT = PAGE.read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (KZ\d{3}) (.+)\n\n\*\*(\w+)\.\*\* .", TEXT, re.MULTILINE)


def test_the_page_has_one_section_for_each_code_in_their_order() -> None:
    assert [section[0] for section in SECTIONS] == [code.id for code in ALL_CODES]


@pytest.mark.parametrize("code", ALL_CODES, ids=lambda code: code.id)
def test_a_section_has_the_title_and_severity_of_its_code(code: Code) -> None:
    (section,) = [section for section in SECTIONS if section[0] == code.id]
    assert section[1:3] == (code.title, code.severity.value.capitalize())


def test_the_table_of_ranges_names_the_first_and_last_code_of_each() -> None:
    ranges = re.findall(r"^\| (KZ\d{3}) to (KZ\d{3}) \|", TEXT, re.MULTILINE)
    by_hundreds: dict[str, list[str]] = {}
    for code in ALL_CODES:
        by_hundreds.setdefault(code.id[:3], []).append(code.id)
    assert ranges == [(group[0], group[-1]) for group in by_hundreds.values()]
