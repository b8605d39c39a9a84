"""Headings of a sanitised document: moved below those of the page, with the ids that GitHub gives them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.site.readme_links import Links

TOP_LEVEL = 3
"""The level of a document's highest heading: the page has h1, its sections have h2."""
_LEVEL = re.compile(r"(</?h)([1-6])\b")
_NAMELESS = re.compile(r"(<h[1-6](?![^>]* id=)[^>]*)>(?=(.{0,1000}?)</h)", re.DOTALL)
_FIRST = re.compile(r"\s*<h1\b[^>]*>(.{0,1000}?)</h1>\s*", re.DOTALL)
_TAGS = re.compile(r"<[^>]*>")
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


def without_title(text: str, title: str) -> str:
    """The document without a first heading that only repeats `title`."""
    match = _FIRST.match(text)
    return text[match.end() :] if match and _bare(_words(match[1])) == _bare(title) else text


def shifted_headings(text: str) -> str:
    """The document with its highest heading at `TOP_LEVEL`, and none below h6."""
    highest = min((int(match[2]) for match in _LEVEL.finditer(text)), default=TOP_LEVEL)
    shift = TOP_LEVEL - highest
    return _LEVEL.sub(lambda match: f"{match[1]}{min(6, int(match[2]) + shift)}", text) if shift else text


def named_headings(text: str, links: Links) -> str:
    """The document with an id for each heading that has none, which is what links in a README rely on."""
    return _NAMELESS.sub(lambda match: f'{match[1]} id="{links.free_id(_slug(_words(match[2])))}">', text)


def _words(text: str) -> str:
    return html.unescape(_TAGS.sub("", text))


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def _slug(text: str) -> str:
    return _NOT_IN_SLUG.sub("", text.strip().lower()).replace(" ", "-") or "section"
