"""Where the links of one document lead: outside, within it, to a picture of its extension, or nowhere."""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import unquote

from catalog.site.addresses import EXTENSIONS, to_site_root
from catalog.site.readme_places import within_extension

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import PurePosixPath

    from catalog.site.picture import Picture

ROOT = to_site_root(EXTENSIONS / "any.html")
"""What stands in front of an address in the site folder, on every page that shows a document."""
_OUTSIDE = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_LINK = re.compile(
    r'<a\b(?P<before>[^>]*?) href="#(?P<target>[^"]*)"(?P<after>[^>]*)>(?P<text>.*?)</a>', re.DOTALL
)
_FILE = "//"
"""Marks a link to a file that the website does not carry; no id begins so, since all have a prefix."""


class Links:
    """The ids and links of one document, in the order in which the sanitiser shows them."""

    def __init__(
        self, prefix: str, pictures: Mapping[PurePosixPath, Picture], files: Collection[PurePosixPath]
    ) -> None:
        self.pictures = pictures
        self._prefix = prefix
        self._files = files
        self._seen: set[str] = set()
        self._numbers: Counter[str] = Counter()

    def new_id(self, value: str) -> str | None:
        """The prefixed id; None for one that is taken, since ids are unique."""
        if value in self._seen or not value:
            return None
        self._seen.add(value)
        return self._prefix + value

    def free_id(self, slug: str) -> str:
        """The prefixed id for a heading with this slug, with a number if it is taken."""
        value = slug
        while value in self._seen:
            self._numbers[slug] += 1
            value = f"{slug}-{self._numbers[slug]}"
        self._seen.add(value)
        return self._prefix + value

    def address(self, value: str) -> str | None:
        """What the link is written as; None if it has nowhere to go."""
        value = value.strip()
        if value.startswith("#"):
            return f"#{self._prefix}{value[1:]}" if len(value) > 1 else None
        if _OUTSIDE.match(value):
            return value
        path = within_extension(value)
        if path is not None and path in self.pictures:
            return ROOT + self.pictures[path].largest.href
        return f"#{_FILE}{path}" if path in self._files else None

    def settled(self, text: str) -> str:
        """The document, sanitised and with all its ids, without links that lead nowhere in it."""
        return _LINK.sub(self._settled, text)

    def _settled(self, link: re.Match[str]) -> str:
        target = html.unescape(link["target"])
        if target.startswith(_FILE):
            return _with_path(link["text"], html.escape(target.removeprefix(_FILE)))
        if unquote(target).removeprefix(self._prefix) in self._seen:
            return link[0]
        return f"<a{link['before']}{link['after']}>{link['text']}</a>"


def _with_path(text: str, path: str) -> str:
    return text if path in text else f'{text} <span class="file-note">({path})</span>'
