"""Everything that the page of one entry shows, ready for its template."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from markupsafe import Markup
from msgspec import Struct

from catalog.site.addresses import extension_data, extension_page, within_site
from catalog.site.airgap import Check, checks
from catalog.site.badges import badge
from catalog.site.bundle_link import bundle_link
from catalog.site.changelog import Changelog, changelog
from catalog.site.compose_source import compose_html
from catalog.site.fields import text, texts, web_address
from catalog.site.gallery import Shot, shots
from catalog.site.install import Install, install
from catalog.site.model_need import ModelNeed, model_need
from catalog.site.profile import compose_text
from catalog.site.qr_code import qr_code
from catalog.site.readme import document_html
from catalog.site.risk import HARMLESS, RISK_LABELS
from catalog.site.topology import make_topology
from catalog.site.topology_svg import described, topology_svg
from catalog.site.variables import Variable, variables

if TYPE_CHECKING:
    from catalog.model.finding import Finding
    from catalog.registry.history import Release
    from catalog.registry.registry import Entry
    from catalog.site.badges import Badge
    from catalog.site.bundle_link import BundleLink
    from catalog.site.card import Card
    from catalog.site.facts import SiteFacts, SiteOptions
    from catalog.site.qr_code import QrCode
    from catalog.site.reason import Reason
    from catalog.site.services import Image, Service

README_PREFIX = "readme-"


class Section(Struct, frozen=True):
    """A section of the page: the id to link to, and its heading."""

    id: str
    title: str


class WebLink(Struct, frozen=True):
    """A link that leads out of the website."""

    title: str
    address: str


class RiskGroup(Struct, frozen=True):
    """Reasons of one kind; `is_grave` if they give power over the host."""

    title: str
    is_grave: bool
    reasons: tuple[Reason, ...]


class Detail(Struct, frozen=True):
    """The page of one entry; what is empty is not shown.

    `successor`, `page` and `data` are addresses in the site folder.
    """

    card: Card
    visibility: str
    platform: str
    capabilities: tuple[str, ...]
    links: tuple[WebLink, ...]
    successor: str
    model: ModelNeed
    shots: tuple[Shot, ...]
    variables: tuple[Variable, ...]
    topology: Markup
    checks: tuple[Check, ...]
    install: Install
    bundle: BundleLink | None
    readme: Markup
    changelog: Changelog
    releases: tuple[Release, ...]
    compose: Markup
    findings: tuple[Finding, ...]
    page: str
    data: str
    badge: Badge
    code: QrCode | None

    @property
    def services(self) -> tuple[Service, ...]:
        """What it runs."""
        return self.card.profile.services

    @property
    def images(self) -> tuple[Image, ...]:
        """What has to be there before it runs."""
        return self.card.profile.images

    @property
    def size(self) -> str:
        """How much all images take; empty when nobody knows."""
        return self.install.size

    @property
    def risk_groups(self) -> tuple[RiskGroup, ...]:
        """The reasons for its risk, the gravest first, those of one word together."""
        groups = groupby(self.card.profile.risks, key=lambda reason: reason.word)
        return tuple(
            RiskGroup(RISK_LABELS[word], word not in HARMLESS, tuple(group)) for word, group in groups
        )

    @property
    def is_changelog_current(self) -> bool:
        """Whether the changes of this very version are told."""
        told = (*self.changelog.versions, *(release.version for release in self.releases))
        return self.card.version in told

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections that have something to show, in the order of the page."""
        shown = (
            (len(self.shots) > 1 or (self.shots and not self.card.picture), Section("pictures", "Pictures")),
            (self.readme, Section("about", "About")),
            (True, Section("install", "Install")),
            (True, Section("airgap", "Airgap")),
            (True, Section("risk", "Risk")),
            (self.variables, Section("settings", "Settings")),
            (self.services, Section("services", "Services")),
            (self.images, Section("images", "Images")),
            (self.changelog.html or self.releases, Section("changes", "Changes")),
            (self.compose, Section("compose", "Compose file")),
            (self.findings, Section("findings", "Findings")),
            (True, Section("refer", "Refer to it")),
        )
        return tuple(section for content, section in shown if content)


def make_detail(
    entry: Entry, card: Card, facts: SiteFacts, options: SiteOptions, *, has_successor: bool = True
) -> Detail:
    """The page of an entry, its documents rendered and sanitised.

    `has_successor` tells whether the successor that the author names is in the registry.
    """
    data = entry.data
    source = compose_text(entry)
    return Detail(
        card=card,
        visibility=text(data, "visibility"),
        platform=text(data, "kamiwaza_version"),
        capabilities=texts(data, "capabilities"),
        links=_links(entry, facts),
        successor=within_site(extension_page(card.successor)) if card.successor and has_successor else "",
        model=model_need(data),
        shots=shots(card.picture, facts.pictures.gallery),
        variables=variables(data, source),
        topology=_topology(card),
        checks=checks(card.profile.airgap_problems),
        install=install(card),
        bundle=bundle_link(options.bundles, card),
        readme=_readme(facts, card),
        changelog=changelog(facts.changelog, facts.pictures.shown, facts.files),
        releases=tuple(release for release in facts.releases if release.changes),
        compose=compose_html(source),
        findings=facts.findings,
        page=card.href,
        data=within_site(extension_data(entry.name)),
        badge=badge(card),
        code=qr_code(options.base_url, entry.name),
    )


def _readme(facts: SiteFacts, card: Card) -> Markup:
    document = document_html(facts.readme, README_PREFIX, card.title, facts.pictures.shown, facts.files)
    return Markup(document)  # noqa: S704  # sanitised by nh3


def _links(entry: Entry, facts: SiteFacts) -> tuple[WebLink, ...]:
    """The homepage, then what the author adds; only addresses of the web are links."""
    homepage = web_address(entry.data, "homepage")
    found = [WebLink("Homepage", homepage)] if homepage else []
    for title in facts.notes.links:
        address = web_address(facts.notes.links, title)
        if address:
            found.append(WebLink(title, address))
    return tuple(found)


def _topology(card: Card) -> Markup:
    services = card.profile.services
    topology = make_topology(services)
    if topology is None:
        return Markup()
    return topology_svg(topology, f"How the services of {card.title} hang together", described(services))
