"""The sitemap for search engines, which needs to know where the website stands."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from catalog.model.file_tree import TreeFile
from catalog.site.addresses import SITEMAP
from catalog.site.xml_text import document, element

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

MOST_PAGES = 50_000
"""What one sitemap may list (sitemaps.org)."""


def sitemap(base_url: str, pages: Iterable[tuple[PurePosixPath, str]]) -> TreeFile:
    """The sitemap of pages, each with the day when it last changed (YYYY-MM-DD, or empty)."""
    root = element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    for path, day in islice(pages, MOST_PAGES):
        url = element("url", "", element("loc", f"{base_url.rstrip('/')}/{path}"))
        if day:
            url.append(element("lastmod", day))
        root.append(url)
    return TreeFile(SITEMAP, document(root))
