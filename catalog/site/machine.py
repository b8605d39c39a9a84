"""The catalog for programs: a slim index of all entries, one full document for each, and their JSON Schemas.

Addresses in these documents are relative to the website's folder, so that they hold wherever it stands.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

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

Day = Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Size = Annotated[int, Meta(ge=0)]


class _Document(Struct, frozen=True):
    """What is published as JSON, and described by a schema of the same name."""


class Summary(_Document, frozen=True):
    """What a list needs to know of an entry."""

    name: Annotated[str, Meta(description="The name; unique in the catalog.")]
    kind: Literal["app", "service", "tool"]
    title: Annotated[str, Meta(description="What people call it.")]
    version: str
    summary: Annotated[str, Meta(description="One or two sentences, as plain text.")]
    category: str
    tags: tuple[str, ...]
    licence: Annotated[str, Meta(description="As the author wrote it; empty: not stated.")]
    is_verified: bool
    risk_tier: Annotated[
        Annotated[int, Meta(ge=0, le=2)] | None,
        Meta(description="0 guided, 1 scanned, 2 break-glass; null: not stated."),
    ]
    status: Annotated[str, Meta(description="active, experimental or deprecated.")]
    successor: Annotated[str, Meta(description="Name of the entry that takes its place; empty: none.")]
    architectures: Annotated[tuple[str, ...], Meta(description="Such as amd64; empty: nobody said.")]
    uses_gpu: bool
    needs_model: Annotated[bool, Meta(description="Whether it wants a language model of the platform.")]
    is_airgap_ready: Annotated[
        bool, Meta(description="Whether it runs without a network once its images are there.")
    ]
    bytes: Annotated[Size | None, Meta(description="Size of all its images; null: not known.")]
    added: Annotated[Day, Meta(description="Day as YYYY-MM-DD; empty: not known.")]
    updated: Annotated[Day, Meta(description="Day of this version; empty: not known.")]
    page: Annotated[str, Meta(description="Address of its page.")]
    data: Annotated[str, Meta(description="Address of its full document.")]
    badge: Annotated[str, Meta(description="Address of its badge, an SVG picture.")]


class CatalogDocument(_Document, frozen=True):
    """All entries of the catalog, by kind and name."""

    schema: str = field(name="$schema")
    form: Form
    title: str
    base_url: Annotated[str, Meta(description="Where the registry is published; empty: nobody said.")]
    entries: tuple[Summary, ...]


class ImageDocument(_Document, frozen=True):
    """An image that has to be there."""

    ref: str
    used_by: Annotated[tuple[str, ...], Meta(description="Services that run it; none: it is started later.")]
    digest: Annotated[str, Meta(description="sha256:…; empty: not known.")]
    bytes: Size | None
    platform: Annotated[str, Meta(description="Such as linux/amd64; empty: not known.")]


class ReasonDocument(_Document, frozen=True):
    """Why something is said of an entry."""

    word: str
    sentence: str
    line: Annotated[Size, Meta(description="Line of the compose file; 0: none.")]


class ServiceDocument(_Document, frozen=True):
    """A service of the entry's compose file."""

    name: str
    image: str
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    limits: tuple[str, ...]


class EntryDocument(_Document, frozen=True):
    """Everything that the catalog knows of one entry."""

    schema: str = field(name="$schema")
    form: Form
    summary: Summary
    services: tuple[ServiceDocument, ...]
    images: tuple[ImageDocument, ...]
    risks: Annotated[tuple[ReasonDocument, ...], Meta(description="The reasons for its risk.")]
    airgap_problems: Annotated[tuple[ReasonDocument, ...], Meta(description="Why it is not airgap-ready.")]
    links: Annotated[dict[str, str], Meta(description="Title to address.")]
    changes: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description="Version to what differs from the one before, as far as that is known."),
    ]
    findings: Annotated[
        tuple[str, ...], Meta(description="What the last check remarked, each with its code.")
    ]
    entry: Annotated[dict[str, Any], Meta(description="The entry exactly as apps.json or tools.json has it.")]


def schemas() -> tuple[TreeFile, TreeFile]:
    """The JSON Schemas that every document is valid against."""
    return _schema(CATALOG_SCHEMA, CatalogDocument), _schema(ENTRY_SCHEMA, EntryDocument)


def catalog_json(cards: Iterable[Card], options: SiteOptions) -> TreeFile:
    """The slim index, in the order in which the cards are given."""
    head = _text(CatalogDocument("schema/catalog.schema.json", FORM, options.title, options.base_url, ()))
    # One after the other: all of them as documents would need more memory than anything else in a build.
    entries = b",".join(_text(_summary(card)) for card in cards)
    return TreeFile(CATALOG, b"%b%b]}\n" % (head.removesuffix(b"]}"), entries))


def entry_json(entry: Entry, card: Card, facts: SiteFacts) -> TreeFile:
    """The full document of one entry, which no other entry has a part in."""
    profile = card.profile
    document = EntryDocument(
        schema="../schema/entry.schema.json",
        form=FORM,
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
    return TreeFile(extension_data(entry.name), _text(document) + b"\n")


def _summary(card: Card) -> Summary:
    profile = card.profile
    return Summary(
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
    return ServiceDocument(
        name=service.name,
        image=service.image,
        ports=service.ports,
        volumes=service.volumes,
        limits=service.limits,
    )


def _image(image: Image) -> ImageDocument:
    return ImageDocument(
        ref=image.ref,
        used_by=image.used_by,
        digest=image.digest,
        bytes=image.size,
        platform=image.platform,
    )


def _reason(reason: Reason) -> ReasonDocument:
    return ReasonDocument(word=reason.word, sentence=reason.sentence, line=reason.line)


def _schema(path: PurePosixPath, document: type[_Document]) -> TreeFile:
    schema = {"$schema": DIALECT, **msgspec.json.schema(document)}
    return TreeFile(path, f"{json.dumps(schema, indent=2)}\n".encode())


def _text(document: _Document) -> bytes:
    try:
        return msgspec.json.encode(document)
    except (UnicodeEncodeError, OverflowError):  # half a character, or a number of more than 64 bits
        text = json.dumps(msgspec.to_builtins(document), ensure_ascii=False, separators=(",", ":"))
        # What backslashreplace writes for half a character is how JSON writes it.
        return text.encode("utf-8", "backslashreplace")
