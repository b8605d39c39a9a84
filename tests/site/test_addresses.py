"""Where pages stand."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.site.addresses import HOME, category_pages, extension_page, list_page, to_site_root, within_site

SAFE = re.compile(r"[a-z0-9-]+\.html")


def test_a_page_is_named_after_its_extension() -> None:
    assert extension_page("document-chat") == PurePosixPath("site/extensions/document-chat.html")


@given(st.text())
def test_no_name_leads_out_of_the_folder_of_extensions(name: str) -> None:
    page = extension_page(name)
    assert page.parent == PurePosixPath("site/extensions")
    assert SAFE.fullmatch(page.name)


@given(st.lists(st.text(alphabet="aA /.-é"), unique=True))
def test_names_that_differ_have_pages_that_differ(names: list[str]) -> None:
    assert len({extension_page(name) for name in names}) == len(names)


@given(st.lists(st.text(alphabet="aA /.-é")))
def test_categories_that_differ_have_pages_that_differ(labels: list[str]) -> None:
    pages = category_pages(labels)
    assert len(set(pages.values())) == len(set(labels))
    assert all(SAFE.fullmatch(page.name) for page in pages.values())


@pytest.mark.parametrize(
    ("first", "number", "path"),
    [
        (HOME, 1, "site/index.html"),
        (HOME, 2, "site/page/2.html"),
        (PurePosixPath("site/category/ai.html"), 1, "site/category/ai.html"),
        (PurePosixPath("site/category/ai.html"), 3, "site/category/ai/3.html"),
    ],
)
def test_further_pages_of_a_list_stand_in_a_folder(first: PurePosixPath, number: int, path: str) -> None:
    assert str(list_page(first, number)) == path


@pytest.mark.parametrize(
    "path", ["site/index.html", "site/extensions/a.html", "site/page/2.html", "site/category/ai/3.html"]
)
def test_every_page_finds_its_way_to_the_site_folder(path: str) -> None:
    page = PurePosixPath(path)
    assert posixpath.normpath(posixpath.join(page.parent, to_site_root(page) + within_site(HOME))) == str(
        HOME
    )
