"""One entry as the lists show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.names import Kind  # noqa: TC001  # what Form reads has to be there when it runs
from catalog.site.addresses import extension_page, within_site
from catalog.site.fields import flag, text, texts
from catalog.site.picture import Picture  # noqa: TC001
from catalog.site.placeholder import Placeholder, placeholder
from catalog.site.profile import Profile, make_profile

if TYPE_CHECKING:
    from catalog.registry.registry import Entry
    from catalog.site.facts import SiteFacts

NO_CATEGORY = "Uncategorised"


class Risk(Struct, frozen=True):
    """A risk tier as the platform names it, with what it means for whoever approves the extension."""

    tier: int
    label: str
    meaning: str


RISKS = {
    0: Risk(0, "Guided", "Safe by default: it asks for no power over the host and needs no extra approval."),
    1: Risk(1, "Scanned", "Low risk: it can change data, so it is scanned before it is approved."),
    2: Risk(2, "Break-glass", "It needs review: it may take power over the host or use its engine."),
}


class Card(Struct, frozen=True):
    """What lists, filters and searches know of an entry.

    `href` is relative to the site folder, `risk` is None when the tier is unknown, `added` and `updated` are
    days as YYYY-MM-DD or empty.
    """

    name: str
    title: str
    kind: Kind
    version: str
    summary: str
    category: str
    tags: tuple[str, ...]
    is_verified: bool
    risk: Risk | None
    href: str
    placeholder: Placeholder
    picture: Picture | None
    author: str
    licence: str
    status: str
    successor: str
    added: str
    updated: str
    profile: Profile

    @property
    def is_deprecated(self) -> bool:
        """Whether lists show it only to those who ask for such entries."""
        return self.status == "deprecated"


def make_card(entry: Entry, facts: SiteFacts) -> Card:
    """The card of an entry."""
    data = entry.data
    title = text(data, "display_name") or entry.name
    return Card(
        name=entry.name,
        title=title,
        kind=entry.kind,
        version=text(data, "version"),
        summary=text(data, "description"),
        category=category_of(entry),
        tags=texts(data, "tags"),
        is_verified=flag(data, "verified"),
        risk=_risk(data.get("risk_tier")),
        href=within_site(extension_page(entry.name)),
        placeholder=placeholder(entry.name, title),
        picture=facts.pictures.preview,
        author=text(data, "author"),
        licence=text(data, "license"),
        status=facts.notes.status,
        successor=facts.notes.successor or "",
        added=facts.added,
        updated=facts.updated,
        profile=make_profile(entry, facts),
    )


def category_of(entry: Entry) -> str:
    """The category of an entry, the same for everyone who left it out."""
    return text(entry.data, "category") or NO_CATEGORY


def _risk(tier: object) -> Risk | None:
    return RISKS.get(tier) if type(tier) is int else None
