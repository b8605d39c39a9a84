"""What the website is told beside the registry: how to look, and what is known about each entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.model.finding import Finding


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """How the website looks and where it will stand.

    `base_url` makes canonical links and may be empty; `templates` is a folder whose files take the place of
    those with the same names in `site_templates/pages/`.
    """

    title: str
    base_url: str = ""
    skin: Literal["material", "plain"] = "material"
    templates: Path | None = None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is known about one entry beside the registry; everything may be empty.

    `readme` and `changelog` are Markdown, `picture` is the absolute path of the preview picture.
    """

    readme: str = ""
    changelog: str = ""
    findings: tuple[Finding, ...] = ()
    picture: str | None = None


NO_FACTS = SiteFacts()
