"""A changelog as HTML in which every version has an anchor of its own: `#v1.2.0`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup
from msgspec import Struct

from catalog.site.readme import NONE_SHOWN, document_html

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import PurePosixPath

    from catalog.site.picture import Picture

PREFIX = "changes-"
_HEADING = re.compile(
    r'(?P<open><h[3-6])(?: id="[^"]*")?(?P<rest>[^>]*>)(?P<text>.*?)(?=</h[3-6]>)', re.DOTALL
)
_TAG = re.compile(r"<[^>]*>")
_VERSION = re.compile(
    r"(?<![\w.])v?(?P<version>[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]*[0-9A-Za-z])?)(?![\w.])"
)

_NOTHING = Markup()


class Changelog(Struct, frozen=True):
    """The document, and the versions that it tells of, the first one first; both may be empty."""

    html: Markup = _NOTHING
    versions: tuple[str, ...] = ()


def changelog(
    markdown: str,
    pictures: Mapping[PurePosixPath, Picture] = NONE_SHOWN,
    files: Collection[PurePosixPath] = (),
) -> Changelog:
    """The changelog in a Markdown document; headings that name a version get its anchor.

    `pictures` and `files` are those that the document can show and speak of, by their paths in the extension.
    """
    if not markdown.strip():
        return Changelog()
    versions: dict[str, None] = {}

    def anchored(match: re.Match[str]) -> str:
        found = _VERSION.search(_TAG.sub("", match["text"]))
        if found is None or found["version"] in versions:
            return match[0]
        versions[found["version"]] = None
        return f'<span class="version-anchor" id="{version_id(found["version"])}"></span>{match[0]}'

    html = _HEADING.sub(anchored, document_html(markdown, PREFIX, "Changelog", pictures, files))
    return Changelog(Markup(html), tuple(versions))  # noqa: S704  # sanitised by nh3


def version_id(version: str) -> str:
    """The anchor of a version."""
    return f"v{version}"
