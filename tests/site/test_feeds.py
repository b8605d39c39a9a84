"""Feeds: valid, the same items in both, and nothing outside unless somebody said where the website stands."""

from __future__ import annotations

import io
import json
import uuid
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import feedparser  # type: ignore[import-untyped]  # it has no types
import pytest

from catalog.model.names import Kind
from catalog.registry.registry import Entry, Registry
from catalog.site.facts import SiteFacts, SiteOptions
from catalog.site.feeds import MOST_ITEMS
from tests.site.building import build
from tests.site.sample import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.site.shell import Shell

ATOM = "{http://www.w3.org/2005/Atom}"
BASE = SiteOptions("Acme & sons", base_url="https://catalog.acme.test/x/", description="All of it.")


def parsed(content: bytes) -> ET.Element:
    return ET.fromstring(content)  # noqa: S314  # what we wrote


def registry(**days: tuple[str, str]) -> tuple[Registry, dict[str, SiteFacts]]:
    """Entries by name, with the days when they were added and updated."""
    entries = [
        Entry(name, Kind.APP, {"name": name, "version": "1.0.0", "description": f"{name}.", "tags": ["t"]})
        for name in days
    ]
    return Registry.of(entries), {name: SiteFacts(added=a, updated=u) for name, (a, u) in days.items()}


def feeds(shell: Shell, options: SiteOptions = BASE, **days: tuple[str, str]) -> tuple[Any, dict[str, Any]]:
    entries, facts = registry(**days)
    files = build(shell, entries, facts, options)
    atom = feedparser.parse(io.BytesIO(files["site/feed.xml"]))
    assert not atom.bozo
    return atom, json.loads(files["site/feed.json"])


def test_the_latest_comes_first_in_both(plain: Shell) -> None:
    atom, feed = feeds(
        plain, a=("2026-01-01", "2026-01-01"), b=("2025-01-01", "2026-03-04"), c=("2026-02-01", "2026-02-01")
    )
    assert [entry.title for entry in atom.entries] == ["b 1.0.0", "c 1.0.0", "a 1.0.0"]
    assert [item["title"] for item in feed["items"]] == [entry.title for entry in atom.entries]
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in atom.entries]
    assert (feed["items"][0]["date_published"], feed["items"][0]["date_modified"]) == (
        "2025-01-01T00:00:00Z",
        "2026-03-04T00:00:00Z",
    )
    assert atom.feed.updated == "2026-03-04T00:00:00Z"


def test_with_a_base_url_every_address_is_absolute(plain: Shell) -> None:
    atom, feed = feeds(plain, a=("2026-01-01", "2026-01-01"))
    page = "https://catalog.acme.test/x/site/extensions/a.html"
    assert atom.entries[0].link == feed["items"][0]["url"] == page
    assert feed["feed_url"] == "https://catalog.acme.test/x/site/feed.json"
    assert (atom.feed.title, atom.feed.subtitle) == ("Acme & sons", "All of it.")


def test_without_one_addresses_are_relative_to_the_feed(plain: Shell) -> None:
    entries, facts = registry(a=("2026-01-01", "2026-01-01"))
    files = build(plain, entries, facts, SiteOptions("Acme"))
    links = {link.get("href") for link in parsed(files["site/feed.xml"]).iter(f"{ATOM}link")}
    assert links == {"index.html", "feed.xml", "extensions/a.html"}
    assert json.loads(files["site/feed.json"])["items"][0]["url"] == "extensions/a.html"


def test_what_atom_requires_is_there(plain: Shell) -> None:
    entries, facts = registry(a=("2026-01-01", "2026-01-01"))
    root = parsed(build(plain, entries, facts)["site/feed.xml"])
    for place in (root, root.find(f"{ATOM}entry")):
        assert place is not None
        assert all(len(place.findall(f"{ATOM}{name}")) == 1 for name in ("id", "title", "updated"))
    assert root.find(f"{ATOM}author/{ATOM}name") is not None


def test_an_id_belongs_to_one_version_for_ever(plain: Shell) -> None:
    first, _ = feeds(plain, a=("2026-01-01", "2026-01-01"), b=("2026-01-01", "2026-01-01"))
    later, _ = feeds(plain, a=("2026-01-01", "2026-05-05"))
    assert later.entries[0].id in {entry.id for entry in first.entries}
    assert len({entry.id for entry in first.entries}) == 2
    assert all(uuid.UUID(entry.id) for entry in first.entries)


def test_entries_without_a_day_are_in_no_feed(plain: Shell) -> None:
    atom, feed = feeds(plain, a=("", ""))
    assert (atom.entries, feed["items"]) == ([], [])


def test_a_feed_has_its_end(plain: Shell) -> None:
    days = {f"a{n}": ("2026-01-01", "2026-01-01") for n in range(MOST_ITEMS + 5)}
    atom, feed = feeds(plain, BASE, **days)
    assert len(atom.entries) == len(feed["items"]) == MOST_ITEMS


@pytest.mark.parametrize("text", [HOSTILE, "\x00\x08\ufffe\ud800 ]]>", "&<>\"'"])
def test_what_an_author_wrote_is_only_text(plain: Shell, text: str) -> None:
    data: Mapping[str, Any] = {"version": text, "display_name": text, "description": text, "tags": [text]}
    facts = {"a": SiteFacts(added="2026-01-01", updated="2026-01-01")}
    files = build(plain, Registry((Entry("a", Kind.APP, data),)), facts, BASE)
    root = parsed(files["site/feed.xml"])
    assert {element.tag for element in root.iter()} <= {
        f"{ATOM}{name}"
        for name in (
            *("feed", "id", "title", "subtitle", "updated", "author", "name", "link", "entry"),
            *("published", "summary", "category"),
        )
    }
    assert json.loads(files["site/feed.json"])["items"][0]["content_text"]
