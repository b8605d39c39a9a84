"""Everything that the page of one entry shows, ready for its template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from catalog.site.fields import flag, text, texts, web_address
from catalog.site.highlight import highlight_yaml
from catalog.site.profile import compose_text
from catalog.site.readme import document_html
from catalog.site.variables import Variable, variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.model.finding import Finding
    from catalog.registry.registry import Entry
    from catalog.site.card import Card
    from catalog.site.facts import SiteFacts
    from catalog.site.services import Image, Service

README_PREFIX = "readme-"
CHANGELOG_PREFIX = "changes-"
MODEL_TYPES = {
    "any": "Any model",
    "fast": "A fast model",
    "large": "A large model",
    "reasoning": "A reasoning model",
    "vl": "A vision model",
}


@dataclass(frozen=True, slots=True)
class ModelNeed:
    """Which language model an entry wants, and whether it refuses to start without it."""

    wish: str
    is_strict: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: the id to link to, and its heading."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Detail:
    """The page of one entry; what is empty is not shown."""

    card: Card
    author: str
    licence: str
    homepage: str
    visibility: str
    platform: str
    capabilities: tuple[str, ...]
    model: ModelNeed
    variables: tuple[Variable, ...]
    services: tuple[Service, ...]
    images: tuple[Image, ...]
    readme: Markup
    changelog: Markup
    compose: Markup
    findings: tuple[Finding, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections that have something to show, in the order of the page."""
        shown = (
            (self.readme, Section("about", "About")),
            (self.variables, Section("settings", "Settings")),
            (self.services, Section("services", "Services")),
            (self.images, Section("images", "Images")),
            (True, Section("install", "Install")),
            (self.compose, Section("compose", "Compose file")),
            (self.changelog, Section("changes", "Changes")),
            (self.findings, Section("findings", "Findings")),
        )
        return tuple(section for content, section in shown if content)


def make_detail(entry: Entry, card: Card, facts: SiteFacts) -> Detail:
    """The page of an entry, with its documents rendered and sanitised."""
    data = entry.data
    return Detail(
        card=card,
        author=text(data, "author"),
        licence=text(data, "license"),
        homepage=web_address(data, "homepage"),
        visibility=text(data, "visibility"),
        platform=text(data, "kamiwaza_version"),
        capabilities=texts(data, "capabilities"),
        model=_model_need(data),
        variables=variables(data),
        services=card.profile.services,
        images=card.profile.images,
        readme=_document(facts.readme, README_PREFIX, card.title),
        changelog=_document(facts.changelog, CHANGELOG_PREFIX, "Changelog"),
        compose=Markup(highlight_yaml(compose_text(entry))),  # noqa: S704  # the highlighter escapes
        findings=facts.findings,
    )


def _document(markdown: str, prefix: str, title: str) -> Markup:
    return Markup(document_html(markdown, prefix, title))  # noqa: S704  # sanitised by nh3


def _model_need(data: Mapping[str, Any]) -> ModelNeed:
    """The platform looks for a model unless the type is null, which is why null is not the same as absent."""
    name = text(data, "preferred_model_name")
    kind = data.get("preferred_model_type", "any")
    wish = "No model" if kind is None else MODEL_TYPES.get(str(kind), str(kind))
    is_strict = flag(data, "fail_if_model_type_unavailable") or flag(data, "fail_if_model_name_unavailable")
    return ModelNeed(f"{wish}, preferably {name}" if name and kind is not None else name or wish, is_strict)
