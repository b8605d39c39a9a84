"""The website as files: a registry, what is known about its entries, a shell and pictures in; pages out.

Pages are made one after the other and never held together; the same input gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from catalog.model.file_tree import CopyOf, TreeFile, text_file
from catalog.model.names import Kind
from catalog.registry.layout import CONTENT_SECURITY_POLICY, INDEX
from catalog.site.addresses import (
    HOME,
    PICTURES,
    category_pages,
    extension_page,
    to_site_root,
    within_site,
)
from catalog.site.card import make_card
from catalog.site.detail import make_detail
from catalog.site.facts import NO_FACTS
from catalog.site.lists import Link, ListPage, list_pages
from catalog.site.templates import page_templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from jinja2 import Environment

    from catalog.registry.registry import Entry, Registry
    from catalog.site.card import Card
    from catalog.site.facts import SiteFacts, SiteOptions
    from catalog.site.picture import Picture
    from catalog.site.shell import Shell


def site_files(
    registry: Registry,
    facts: Mapping[str, SiteFacts],
    options: SiteOptions,
    shell: Shell,
    pictures: Mapping[str, Picture],
) -> Iterator[TreeFile]:
    """Every file of the website, with paths relative to the registry's root.

    `facts` and `pictures` are keyed by entry name and may lack any of them.
    """
    cards = {
        entry.name: make_card(entry, facts.get(entry.name, NO_FACTS), pictures.get(entry.name))
        for entry in registry.entries
    }
    writer = _Writer(shell, options, page_templates(shell.pages, options.templates), _categories(cards))
    yield writer.entrance()
    yield from shell.assets
    yield from _picture_files(cards)
    yield from writer.lists(cards)
    for entry in registry.entries:
        yield writer.extension(entry, cards[entry.name], facts.get(entry.name, NO_FACTS))


def _categories(cards: Mapping[str, Card]) -> dict[str, Link]:
    counts = Counter(card.category for card in cards.values())
    pages = category_pages(counts)
    order = sorted(counts, key=lambda label: (-counts[label], label.casefold(), label))
    return {label: Link(label, within_site(pages[label]), counts[label]) for label in order}


def _picture_files(cards: Mapping[str, Card]) -> Iterator[TreeFile]:
    variants = {
        variant.name: variant for card in cards.values() if card.picture for variant in card.picture.variants
    }
    for variant in variants.values():
        yield TreeFile(PICTURES / variant.name, CopyOf(variant.file))


@dataclass(frozen=True, slots=True)
class _Writer:
    """Fills pages into the shell."""

    shell: Shell
    options: SiteOptions
    environment: Environment
    categories: Mapping[str, Link]

    def entrance(self) -> TreeFile:
        """The page at the root of the registry, which leads to the website."""
        values = {"home": str(HOME), "title": self.options.title, "csp": CONTENT_SECURITY_POLICY}
        return text_file(INDEX, self.environment.get_template("entrance.html").render(values))

    def lists(self, cards: Mapping[str, Card]) -> Iterator[TreeFile]:
        """The pages with all cards, then those of every category; by title, since that is how people look."""
        ordered = sorted(cards.values(), key=lambda card: (card.title.casefold(), card.name))
        kinds = [(kind, sum(card.kind is kind for card in ordered)) for kind in Kind]
        for page in list_pages(self.options.title, HOME, ordered):
            yield self._list(page, kinds)
        members: dict[str, list[Card]] = {label: [] for label in self.categories}
        for card in ordered:
            members[card.category].append(card)
        for label, link in self.categories.items():
            for page in list_pages(label, HOME.parent / link.href, members[label]):
                yield self._list(page, kinds)

    def extension(self, entry: Entry, card: Card, facts: SiteFacts) -> TreeFile:
        """The page of one entry."""
        values = {"detail": make_detail(entry, card, facts), "category": self.categories[card.category]}
        summary = card.summary or f"{card.title}, {card.kind.value} {card.version}"
        return self._page("extension.html", extension_page(entry.name), (card.title, summary), values)

    def _list(self, page: ListPage, kinds: list[tuple[Kind, int]]) -> TreeFile:
        values = {"page": page, "kinds": kinds, "categories": list(self.categories.values())}
        title = page.title if page.number == 1 else f"{page.title}, page {page.number}"
        return self._page("list.html", page.path, (title, f"{page.total} extensions"), values)

    def _page(
        self, template: str, path: PurePosixPath, about: tuple[str, str], values: dict[str, Any]
    ) -> TreeFile:
        root, (title, description) = to_site_root(path), about
        content = self.environment.get_template(template).render(
            root=root, options=self.options, home=within_site(HOME), **values
        )
        site = str(escape(self.options.title))
        slots = {
            "root": root,
            "site": site,
            "title": site if path == HOME else f"{escape(title)} - {site}",
            "description": str(escape(description)),
            "canonical": self._canonical(path),
            "content": content,
        }
        return text_file(path, self.shell.frame.fill(slots))

    def _canonical(self, path: PurePosixPath) -> str:
        base = self.options.base_url.rstrip("/")
        return f'<link rel="canonical" href="{escape(base)}/{path}">' if base else ""
