"""What is new and what was updated, as feeds: cards in, Atom (RFC 4287) and JSON Feed 1.1 out.

Without a base URL nobody knows where the feeds will stand: links are then relative to the feed, which Atom
allows, and ids are always URNs, so that they stay when the website moves.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.model.file_tree import TreeFile
from catalog.site.addresses import ATOM_FEED, HOME, JSON_FEED, within_site
from catalog.site.lists import by_title
from catalog.site.xml_text import allowed, document, element

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath
    from xml.etree.ElementTree import Element

    from catalog.site.card import Card
    from catalog.site.facts import SiteOptions

MOST_ITEMS = 50
ATOM = "http://www.w3.org/2005/Atom"
JSON_FEED_VERSION = "https://jsonfeed.org/version/1.1"
_NO_DAY = "1970-01-01"
"""An Atom feed has to say when it was updated; this one says so when nobody knows."""


def feeds(cards: Iterable[Card], options: SiteOptions) -> tuple[TreeFile, TreeFile]:
    """Both feeds, with the same items in the same order: the latest first."""
    known = [card for card in by_title(cards) if card.updated]
    latest = sorted(known, key=lambda card: card.updated, reverse=True)[:MOST_ITEMS]
    site = _Site.of(options)
    items = [_Item.of(card, site) for card in latest]
    return TreeFile(ATOM_FEED, _atom(site, items)), TreeFile(JSON_FEED, _json(site, items))


class _Site(Struct, frozen=True):
    """The website as its feeds name it; `base` goes in front of addresses, and may be empty."""

    title: str
    description: str
    base: str
    urn: str

    @classmethod
    def of(cls, options: SiteOptions) -> _Site:
        base = f"{options.base_url.rstrip('/')}/{HOME.parent}/" if options.base_url else ""
        title, description = allowed(options.title), allowed(options.description)
        return cls(title, description, base, uuid.uuid5(uuid.NAMESPACE_URL, base or title).urn)

    def address(self, path: PurePosixPath) -> str:
        return f"{self.base}{within_site(path)}"


class _Item(Struct, frozen=True):
    """One version of an entry; `urn` is its own for ever."""

    urn: str
    title: str
    summary: str
    href: str
    added: str
    updated: str
    labels: tuple[str, ...]

    @classmethod
    def of(cls, card: Card, site: _Site) -> _Item:
        name = allowed(f"{card.name} {card.version}")
        return cls(
            urn=uuid.uuid5(uuid.UUID(site.urn), name).urn,
            title=allowed(f"{card.title} {card.version}"),
            summary=allowed(card.summary or f"{card.title}, {card.kind.value}"),
            href=f"{site.base}{card.href}",
            added=_moment(card.added or card.updated),
            updated=_moment(card.updated),
            labels=(card.category, *card.tags),
        )


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _atom(site: _Site, items: list[_Item]) -> bytes:
    feed = element("feed", xmlns=ATOM)
    feed.append(element("id", site.urn))
    feed.append(element("title", site.title))
    if site.description:
        feed.append(element("subtitle", site.description))
    feed.append(element("updated", items[0].updated if items else _moment(_NO_DAY)))
    feed.append(element("author", "", element("name", site.title)))
    feed.append(element("link", rel="alternate", type="text/html", href=site.address(HOME)))
    feed.append(element("link", rel="self", type="application/atom+xml", href=site.address(ATOM_FEED)))
    feed.extend(_atom_entry(item) for item in items)
    return document(feed)


def _atom_entry(item: _Item) -> Element:
    entry = element("entry")
    entry.append(element("id", item.urn))
    entry.append(element("title", item.title))
    entry.append(element("published", item.added))
    entry.append(element("updated", item.updated))
    entry.append(element("link", rel="alternate", type="text/html", href=item.href))
    entry.append(element("summary", item.summary))
    entry.extend(element("category", term=label) for label in item.labels)
    return entry


def _json(site: _Site, items: list[_Item]) -> bytes:
    feed: dict[str, Any] = {
        "version": JSON_FEED_VERSION,
        "title": site.title,
        "home_page_url": site.address(HOME),
        "feed_url": site.address(JSON_FEED),
        **({"description": site.description} if site.description else {}),
        "items": [_json_item(item) for item in items],
    }
    return f"{json.dumps(feed, indent=2, ensure_ascii=False)}\n".encode()


def _json_item(item: _Item) -> dict[str, Any]:
    return {
        "id": item.urn,
        "url": item.href,
        "title": item.title,
        "content_text": item.summary,
        "date_published": item.added,
        "date_modified": item.updated,
        "tags": [allowed(label) for label in item.labels],
    }
