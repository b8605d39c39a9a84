"""What the website is told beside the registry: how to look, and what is known about each entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from catalog.model.manifest import NO_NOTES
from catalog.site.picture import NO_PICTURES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath

    from catalog.model.finding import Finding
    from catalog.model.manifest import CatalogNotes
    from catalog.registry.history import Release
    from catalog.site.picture import EntryPictures
    from catalog.workspace.image_facts import ImageFacts


class SiteOptions(Struct, frozen=True):
    """How the website looks and where it will stand.

    `base_url` makes addresses absolute; it may be empty, as may `description`, a sentence about the site, and
    `bundles`, where the bundle of one entry can be fetched, with `{name}` and `{version}` in their places.
    `templates` is a folder whose files take the place of those with the same names in `site_templates/`.
    """

    title: str
    base_url: str = ""
    skin: Literal["material", "plain"] = "material"
    templates: Path | None = None
    description: str = ""
    bundles: str = ""


class SiteFacts(Struct, frozen=True):
    """What is known about one entry beside the registry; everything may be empty.

    `readme` and `changelog` are Markdown, `picture` is the absolute path of the preview picture. `notes` is
    what the author says under `x-catalog`, `images` what is known of images by reference, `added` and
    `updated` are days as YYYY-MM-DD, `files` maps the extension's files (relative to it) to absolute paths.
    `source` is a digest of the entry, of all this and of what is in the files; empty when nobody knows it.
    `pictures` are those that could be made of the files, `releases` its versions, the highest first.
    """

    readme: str = ""
    changelog: str = ""
    findings: tuple[Finding, ...] = ()
    picture: str | None = None
    notes: CatalogNotes = NO_NOTES
    images: Mapping[str, ImageFacts] = field(default_factory=dict)
    added: str = ""
    updated: str = ""
    files: Mapping[PurePosixPath, str] = field(default_factory=dict)
    source: str = ""
    pictures: EntryPictures = NO_PICTURES
    releases: tuple[Release, ...] = ()


NO_FACTS = SiteFacts()
