"""Guides: the same pages in both skins."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from catalog.site.facts import SiteOptions
from catalog.site.guides import make_guides, rendered
from catalog.site.shell import Look, plain_shell
from tests.site.building import build, pages_of
from tests.site.sample import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.site.shell import Shell

NAMES = ("admins", "authors", "programs")


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_has_a_page_that_all_pages_lead_to(pages: dict[str, str], name: str) -> None:
    page = pages[f"site/guides/{name}.html"]
    assert page.count("<h1") == 1
    assert f'href="../guides/{name}.html"' in pages["site/guides/index.html"]
    assert all(f'guides/{name}.html"' in text for path, text in pages.items() if path != "index.html")


def test_both_skins_say_the_same(shell: Shell, plain: Shell) -> None:
    def words(made: Shell) -> list[list[str]]:
        return [unescape(re.sub(r"<[^>]+>", " ", guide.html)).split() for guide in made.guides]

    assert words(shell) == words(plain)
    assert [(guide.title, guide.summary) for guide in shell.guides] == [
        (guide.title, guide.summary) for guide in plain.guides
    ]


def test_commands_can_be_copied(pages: dict[str, str]) -> None:
    assert '<pre class="code" tabindex="0" data-copy>' in pages["site/guides/admins.html"]


def test_headings_can_be_linked_to(pages: dict[str, str]) -> None:
    assert 'id="read-the-risk"' in pages["site/guides/admins.html"]


def test_title_and_summary_come_from_the_text() -> None:
    texts = {"b.md": "# B\n\nFirst\nline.\n\nSecond.\n", "a.md": "Nothing of a title.\n"}
    a, b = make_guides(texts, rendered(texts))
    assert (a.title, a.summary) == ("A", "")
    assert (b.title, b.summary) == ("B", "First line.")


def test_a_site_replaces_a_guide_with_its_own(tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "admins.md").write_text("# House rules\n\nAsk Ada.\n", encoding="utf-8")
    shell = plain_shell(TEMPLATES, Look(tmp_path))
    page = pages_of(build(shell, options=SiteOptions("A", templates=tmp_path)))["site/guides/admins.html"]
    assert "Ask Ada." in page
    assert "<title>House rules - A</title>" in page
