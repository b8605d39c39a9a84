"""The catalog for programs: a slim index of all entries, one full document for each, and their JSON Schemas.

Addresses in these documents are relative to the website's folder, so that they hold wherever it stands.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.model.file_tree import TreeFile
from catalog.site.addresses import (
    CATALOG,
    SCHEMAS,
    extension_badge,
    extension_data,
    within_site,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

    from catalog.registry.registry import Entry
    from catalog.site.card import Card
    from catalog.site.facts import SiteFacts, SiteOptions
    from catalog.site.reason import Reason
    from catalog.site.services import Image, Service

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CATALOG_SCHEMA = SCHEMAS / "catalog.schema.json"
ENTRY_SCHEMA = SCHEMAS / "entry.schema.json"
Form = Literal[1]
FORM: Form = 1
"""Raised when a field changes its meaning or goes; new fields leave it as it is."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class Summary(_Document):
    """What a list needs to know of an entry."""

    name: str = Field(description="The name; unique in the catalog.")
    kind: Literal["app", "service", "tool"]
    title: str = Field(description="What people call it.")
    version: str
    summary: str = Field(description="One or two sentences, as plain text.")
    category: str
    tags: tuple[str, ...]
    licence: str = Field(description="As the author wrote it; empty: not stated.")
    is_verified: bool
    risk_tier: int | None = Field(
        description="0 guided, 1 scanned, 2 break-glass; null: not stated.", ge=0, le=2
    )
    status: str = Field(description="active, experimental or deprecated.")
    successor: str = Field(description="Name of the entry that takes its place; empty: none.")
    architectures: tuple[str, ...] = Field(description="Such as amd64; empty: nobody said.")
    uses_gpu: bool
    needs_model: bool = Field(description="Whether it wants a language model of the platform.")
    is_airgap_ready: bool = Field(description="Whether it runs without a network once its images are there.")
    bytes: int | None = Field(description="Size of all its images; null: not known.", ge=0)
    added: str = Field(description="Day as YYYY-MM-DD; empty: not known.", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    updated: str = Field(
        description="Day of this version; empty: not known.", pattern=r"^(\d{4}-\d{2}-\d{2})?$"
    )
    page: str = Field(description="Address of its page.")
    data: str = Field(description="Address of its full document.")
    badge: str = Field(description="Address of its badge, an SVG picture.")


class CatalogDocument(_Document):
    """All entries of the catalog, by kind and name."""

    form: Form = FORM
    title: str
    base_url: str = Field(description="Where the registry is published; empty: nobody said.")
    entries: tuple[Summary, ...]


class ImageDocument(_Document):
    """An image that has to be there."""

    ref: str
    used_by: tuple[str, ...] = Field(description="Services that run it; none: it is started later.")
    digest: str = Field(description="sha256:…; empty: not known.")
    bytes: int | None = Field(ge=0)
    platform: str = Field(description="Such as linux/amd64; empty: not known.")


class ReasonDocument(_Document):
    """Why something is said of an entry."""

    word: str
    sentence: str
    line: int = Field(description="Line of the compose file; 0: none.", ge=0)


class ServiceDocument(_Document):
    """A service of the entry's compose file."""

    name: str
    image: str
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    limits: tuple[str, ...]


class EntryDocument(_Document):
    """Everything that the catalog knows of one entry."""

    form: Form = FORM
    summary: Summary
    services: tuple[ServiceDocument, ...]
    images: tuple[ImageDocument, ...]
    risks: tuple[ReasonDocument, ...] = Field(description="The reasons for its risk.")
    airgap_problems: tuple[ReasonDocument, ...] = Field(description="Why it is not airgap-ready.")
    links: dict[str, str] = Field(description="Title to address.")
    changes: dict[str, tuple[str, ...]] = Field(
        description="Version to what differs from the one before, as far as that is known."
    )
    findings: tuple[str, ...] = Field(description="What the last check remarked, each with its code.")
    entry: dict[str, Any] = Field(description="The entry exactly as apps.json or tools.json has it.")


def schemas() -> tuple[TreeFile, TreeFile]:
    """The JSON Schemas that every document is valid against."""
    return _schema(CATALOG_SCHEMA, CatalogDocument), _schema(ENTRY_SCHEMA, EntryDocument)


def catalog_json(cards: Iterable[Card], options: SiteOptions) -> TreeFile:
    """The slim index, in the order in which the cards are given."""
    document = CatalogDocument.model_construct(
        title=options.title, base_url=options.base_url, entries=tuple(_summary(card) for card in cards)
    )
    return _file(CATALOG, _with_schema(document, "schema/catalog.schema.json"))


def entry_json(entry: Entry, card: Card, facts: SiteFacts) -> TreeFile:
    """The full document of one entry, which no other entry has a part in."""
    profile = card.profile
    document = EntryDocument.model_construct(
        summary=_summary(card),
        services=tuple(map(_service, profile.services)),
        images=tuple(map(_image, profile.images)),
        risks=tuple(map(_reason, profile.risks)),
        airgap_problems=tuple(map(_reason, profile.airgap_problems)),
        links=facts.notes.links,
        changes={one.version: one.changes for one in facts.releases if one.changes},
        findings=tuple(f"{one.code.id} {one.message}" for one in facts.findings),
        entry=dict(entry.data),
    )
    return _file(extension_data(entry.name), _with_schema(document, "../schema/entry.schema.json"))


def _summary(card: Card) -> Summary:
    profile = card.profile
    return Summary.model_construct(
        name=card.name,
        kind=card.kind.value,
        title=card.title,
        version=card.version,
        summary=card.summary,
        category=card.category,
        tags=card.tags,
        licence=card.licence,
        is_verified=card.is_verified,
        risk_tier=card.risk.tier if card.risk else None,
        status=card.status,
        successor=card.successor,
        architectures=profile.architectures,
        uses_gpu=profile.uses_gpu,
        needs_model=profile.needs_model,
        is_airgap_ready=profile.is_airgap_ready,
        bytes=profile.size,
        added=card.added,
        updated=card.updated,
        page=card.href,
        data=within_site(extension_data(card.name)),
        badge=within_site(extension_badge(card.name)),
    )


def _service(service: Service) -> ServiceDocument:
    return ServiceDocument.model_construct(
        name=service.name,
        image=service.image,
        ports=service.ports,
        volumes=service.volumes,
        limits=service.limits,
    )


def _image(image: Image) -> ImageDocument:
    return ImageDocument.model_construct(
        ref=image.ref,
        used_by=image.used_by,
        digest=image.digest,
        bytes=image.size,
        platform=image.platform,
    )


def _reason(reason: Reason) -> ReasonDocument:
    return ReasonDocument.model_construct(word=reason.word, sentence=reason.sentence, line=reason.line)


def _with_schema(document: _Document, address: str) -> dict[str, Any]:
    return {"$schema": address, **document.model_dump()}


def _schema(path: PurePosixPath, document: type[_Document]) -> TreeFile:
    schema = {"$schema": DIALECT, **document.model_json_schema(mode="serialization")}
    return TreeFile(path, f"{json.dumps(schema, indent=2)}\n".encode())


def _file(path: PurePosixPath, document: dict[str, Any]) -> TreeFile:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # What backslashreplace writes for half a character is how JSON writes it.
    return TreeFile(path, f"{text}\n".encode("utf-8", "backslashreplace"))
