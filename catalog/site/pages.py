"""The website as files: a registry, what is known about its entries, a shell and pictures in; files out.

Files are made one after the other and never held together; the same input gives the same bytes. Nothing on
the page of an entry, or in its other files, depends on other entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.model.file_tree import CopyOf, TreeFile
from catalog.model.names import Kind
from catalog.model.quantity import quantity
from catalog.site.addresses import (
    COMPARISON,
    GUIDES,
    HOME,
    NOT_FOUND,
    PICTURES,
    STATISTICS,
    TOPICS,
    category_page,
    extension_badge,
    extension_code,
    extension_data,
    extension_page,
    tag_page,
    within_site,
)
from catalog.site.card import make_card
from catalog.site.detail import make_detail
from catalog.site.facts import NO_FACTS
from catalog.site.kept_pages import KeptPages, WantedCard, WantedPage
from catalog.site.lists import CardList, Link, ListPage, by_title, newest, updated
from catalog.site.machine import entry_json, schemas
from catalog.site.qr_code import page_address
from catalog.site.sitemap import sitemap
from catalog.site.stats import statistics
from catalog.site.topics import categories, tags
from catalog.site.whole_data import whole_data
from catalog.site.writer import About, PageWriter
from catalog.workspace.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from catalog.registry.registry import Entry, Registry
    from catalog.site.card import Card
    from catalog.site.detail import Detail
    from catalog.site.facts import SiteFacts, SiteOptions
    from catalog.site.shell import Shell
    from catalog.site.topics import Topic

SHOWN_CATEGORIES = 12
"""Categories that a list names above its cards; all of them stand on a page of their own."""


def site_files(
    registry: Registry,
    facts: Mapping[str, SiteFacts],
    options: SiteOptions,
    shell: Shell,
    kept: KeptPages | None = None,
) -> Iterator[TreeFile]:
    """Every file of the website, with paths relative to the registry's root.

    `facts` are keyed by entry name and may lack any of them; what is in `kept` is not made again.
    """
    kept = kept or KeptPages(Kept(None), None)
    kept.for_site(options, shell)
    cards = kept.cards([_card(entry, facts, kept) for entry in registry.entries])
    ordered = by_title(cards.values())
    writer = PageWriter.of(shell, options, kept.templates)
    pages = _Pages(writer, kept, ordered, categories(ordered), tags(ordered), frozenset(cards))
    with whole_data(list(cards.values()), ordered, options) as data:
        yield pages.writer.entrance()
        yield from shell.assets
        yield from _picture_files(cards, facts)
        yield from pages.lists()
        yield from pages.others()
        yield from schemas()
        if options.base_url:
            yield sitemap(options.base_url, pages.addresses())
        yield from kept.pages(
            [
                pages.entry(entry, cards[entry.name], facts.get(entry.name, NO_FACTS))
                for entry in registry.entries
            ]
        )
        yield from data()


def _card(entry: Entry, facts: Mapping[str, SiteFacts], kept: KeptPages) -> WantedCard:
    known = facts.get(entry.name, NO_FACTS)
    sources = kept.sources(known, known.pictures.preview)
    return WantedCard(entry.name, sources, lambda: make_card(entry, known))


def _picture_files(cards: Mapping[str, Card], facts: Mapping[str, SiteFacts]) -> Iterator[TreeFile]:
    previews = [card.picture for card in cards.values() if card.picture]
    others = [picture for name in cards if name in facts for picture in facts[name].pictures.all()]
    variants = {variant.name: variant for picture in (*previews, *others) for variant in picture.variants}
    for variant in variants.values():
        yield TreeFile(PICTURES / variant.name, CopyOf(variant.file))


class _Pages(Struct, frozen=True):
    """Makes the pages of a website.

    `cards` are all of them in the order of the lists, `names` those of all entries.
    """

    writer: PageWriter
    kept: KeptPages
    cards: Sequence[Card]
    categories: Sequence[Topic]
    tags: Sequence[Topic]
    names: frozenset[str]

    def lists(self) -> Iterator[TreeFile]:
        """The pages with all cards, then those of every category and every tag."""
        kinds = tuple((kind, sum(card.kind is kind for card in self.cards)) for kind in Kind)
        ready = sum(card.profile.is_airgap_ready for card in self.cards)
        start = _Start(kinds, ready, newest(self.cards), updated(self.cards))
        home = CardList(self.writer.options.title, HOME).pages(self.cards)
        wanted = [self._list(page, start if page.is_home else _NO_START) for page in home]
        for topic in (*self.categories, *self.tags):
            wanted += [self._list(page, _NO_START) for page in topic.list.pages(topic.cards)]
        yield from self.kept.pages(wanted)

    def others(self) -> Iterator[TreeFile]:
        """The pages that there is one of."""
        page = self.writer.page
        title = self.writer.options.title
        comparing = About("Compare extensions", "Extensions side by side, and where they differ", "compare")
        yield page("compare.html", COMPARISON, comparing)
        topics = {"categories": _links(self.categories), "tags": _links(self.tags)}
        yield page("topics.html", TOPICS, About("Categories and tags", f"What {title} has"), **topics)
        figures = statistics(self.cards)
        yield page("stats.html", STATISTICS, About("Statistics", f"{title} in figures"), statistics=figures)
        yield page("404.html", NOT_FOUND, About("Page not found", "There is no page at this address"))
        yield from self._guides()

    def entry(self, entry: Entry, card: Card, facts: SiteFacts) -> WantedPage:
        """An entry's own files: its page, made only if anything on it changed, and those beside it."""
        name, has_successor = entry.name, card.successor in self.names
        code = (extension_code(name),) if page_address(self.writer.options.base_url, name) else ()
        return WantedPage(
            (extension_page(name), extension_data(name), extension_badge(name), *code),
            self.kept.sources(facts, facts.pictures, has_successor),
            lambda: self._own_files(entry, card, facts, has_successor=has_successor),
        )

    def addresses(self) -> Iterator[tuple[PurePosixPath, str]]:
        """Every page that people may start from, with the day of its last change where it is known."""
        yield HOME, max((card.updated for card in self.cards), default="")
        for path in (TOPICS, STATISTICS, *(guide.path for guide in self.writer.shell.guides)):
            yield path, ""
        for topic in (*self.categories, *self.tags):
            yield topic.list.first, ""
        for card in self.cards:
            yield extension_page(card.name), card.updated

    def _guides(self) -> Iterator[TreeFile]:
        linked = _linked_guides(self.writer)
        about = About("Guides", "How to use this catalog, and how to get into it")
        yield self.writer.page("guides.html", GUIDES / "index.html", about, guides=linked)
        for guide in self.writer.shell.guides:
            about = About(guide.title, guide.summary)
            yield self.writer.page("guide.html", guide.path, about, guide=guide, guides=linked)

    def _own_files(
        self, entry: Entry, card: Card, facts: SiteFacts, *, has_successor: bool
    ) -> tuple[TreeFile, ...]:
        detail = make_detail(entry, card, facts, self.writer.options, has_successor=has_successor)
        files = (self._extension(card, detail), entry_json(entry, card, facts), detail.badge.file)
        return (*files, detail.code.file) if detail.code else files

    def _extension(self, card: Card, detail: Detail) -> TreeFile:
        summary = card.summary or f"{card.title}, {card.kind.value} {card.version}"
        about = About(
            title=card.title,
            description=summary,
            scripts="entry",
            picture=card.picture.largest.href if card.picture else "",
            data=detail.data,
        )
        return self.writer.page(
            "extension.html",
            extension_page(card.name),
            about,
            detail=detail,
            category=Link(card.category, within_site(category_page(card.category)), 0),
            tags=[Link(tag, within_site(tag_page(tag)), 0) for tag in card.tags],
        )

    def _list(self, page: ListPage, start: _Start) -> WantedPage:
        links = _links(self.categories)
        about = (replace(page, cards=()), start.kinds, start.airgap_ready, links)
        sources = self.kept.sources_of_list((*page.cards, *start.new, *start.updated), *about)
        return WantedPage((page.path,), sources, lambda: [self._made_list(page, start, links)])

    def _made_list(self, page: ListPage, start: _Start, links: Sequence[Link]) -> TreeFile:
        title = page.title if page.number == 1 else f"{page.title}, page {page.number}"
        description = self.writer.options.description if page.is_home else ""
        counted = quantity(page.total, "extension")
        return self.writer.page(
            "list.html",
            page.path,
            About(title, description or counted, "list"),
            page=page,
            start=start,
            categories=links[:SHOWN_CATEGORIES],
            more_categories=len(links) - SHOWN_CATEGORIES,
        )


class _Start(Struct, frozen=True):
    """What only the home page shows: how many of each kind, how many are ready for an airgap, what is new."""

    kinds: tuple[tuple[Kind, int], ...]
    airgap_ready: int
    new: tuple[Card, ...]
    updated: tuple[Card, ...]


_NO_START = _Start((), 0, (), ())


def _links(topics: Sequence[Topic]) -> list[Link]:
    return [topic.link for topic in topics]


def _linked_guides(writer: PageWriter) -> list[tuple[str, str, str]]:
    return [(guide.title, within_site(guide.path), guide.summary) for guide in writer.shell.guides]
