"""The link to the bundle of one entry: only as the settings say, and only to a file that can be called so."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from catalog.model.names import Kind
from catalog.registry.registry import Entry
from catalog.site.bundle_link import BundleLink, bundle_link
from catalog.site.card import make_card
from catalog.site.facts import NO_FACTS, SiteOptions
from tests.site.building import build, pages_of
from tests.site.sample import HOSTILE

if TYPE_CHECKING:
    from catalog.site.shell import Shell

PATTERN = "https://files.acme.test/bundles/{name}-{version}.tar.gz"
PAGE = "site/extensions/document-chat.html"


def link(pattern: str = PATTERN, name: str = "notes", version: object = "1.2.0") -> BundleLink | None:
    return bundle_link(pattern, make_card(Entry(name, Kind.APP, {"version": version}), NO_FACTS))


def test_name_and_version_stand_in_their_places() -> None:
    found = link()
    assert found == BundleLink("https://files.acme.test/bundles/notes-1.2.0.tar.gz", "notes-1.2.0.tar.gz")


@pytest.mark.parametrize("pattern", ["bundles/{name}.tar.gz", "../of/{version}/{name}.tar.gz"])
def test_a_path_begins_at_the_root_of_the_registry(pattern: str) -> None:
    found = link(pattern)
    assert found is not None
    assert found.address == "../../" + pattern.format(name="notes", version="1.2.0")
    assert found.file == "notes.tar.gz"


def test_a_plus_is_written_so_that_no_server_takes_it_for_a_space() -> None:
    found = link(version="1.2.0-rc.1+build.5")
    assert found is not None
    assert found.address.endswith("/notes-1.2.0-rc.1%2Bbuild.5.tar.gz")
    assert found.file == "notes-1.2.0-rc.1+build.5.tar.gz"


@pytest.mark.parametrize("version", ["", None, "1/../2", "..", "1 0", HOSTILE, "\ud800", "-1", "ä"])
def test_a_version_that_no_file_has_in_its_name_has_none(version: object) -> None:
    assert link(version=version) is None
    assert link("{name}.tar.gz", version=version) is not None


@pytest.mark.parametrize("name", ["..", "a/b", "A", HOSTILE, "\ud800", "x" * 64])
def test_a_name_outside_of_the_grammar_has_none(name: str) -> None:
    assert link(name=name) is None


def test_without_the_setting_there_is_none() -> None:
    assert link("") is None


def test_the_file_is_one_word_for_a_shell() -> None:
    found = link("b/it's%20{name};$(x).tar.gz")
    assert found is not None
    assert shlex.split(found.word) == [found.file] == ["it's notes;$(x).tar.gz"]


def test_the_page_offers_the_bundle_and_says_how_to_load_it(plain: Shell) -> None:
    page = pages_of(build(plain, options=SiteOptions("A", bundles=PATTERN)))[PAGE]
    file = "document-chat-2.4.1.tar.gz"
    assert f'<a href="https://files.acme.test/bundles/{file}">Download the bundle</a>' in page
    assert f"<code>tar -xzf {file}\ncd kamiwaza-extension-registry\n" in page
    assert "kamiwaza-registry-*.tar.gz" not in page
    assert "catalog package --only document-chat" in page


def test_a_website_without_the_setting_is_as_it_was(plain: Shell) -> None:
    page = pages_of(build(plain))[PAGE]
    assert "Download the bundle" not in page
    assert re.search(r"tar -xzf kamiwaza-registry-\*\.tar\.gz\ncd kamiwaza-extension-registry\n", page)
