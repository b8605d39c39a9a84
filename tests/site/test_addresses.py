"""Where pages stand."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.site.addresses import (
    HOME,
    category_page,
    extension_badge,
    extension_code,
    extension_data,
    extension_page,
    list_page,
    tag_page,
    to_site_root,
    within_site,
)

SAFE = re.compile(r"[a-z0-9_-]+\.html")


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


@given(st.lists(st.text(alphabet="aA /.-_é", min_size=1), unique=True))
def test_labels_that_differ_have_pages_that_differ(labels: list[str]) -> None:
    for page in (category_page, tag_page):
        pages = [page(label) for label in labels]
        assert len(set(pages)) == len(labels)
        assert all(SAFE.fullmatch(path.name) for path in pages)


def test_no_label_takes_the_page_of_another_that_is_spelled_otherwise() -> None:
    marked = category_page("AI").stem
    assert category_page(marked) != category_page("AI")


@pytest.mark.parametrize("label", ["ai", "internet_data", "data-science"])
def test_a_plain_label_is_the_name_of_its_page(label: str) -> None:
    assert category_page(label) == PurePosixPath(f"site/category/{label}.html")


@given(st.text())
def test_data_badge_and_code_of_an_entry_are_named_like_its_page(name: str) -> None:
    stem = extension_page(name).stem
    assert extension_data(name) == PurePosixPath(f"site/ext/{stem}.json")
    assert extension_badge(name) == PurePosixPath(f"site/badges/{stem}.svg")
    assert extension_code(name) == PurePosixPath(f"site/qr/{stem}.svg")


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
