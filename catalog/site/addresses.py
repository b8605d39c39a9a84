"""Where every page of the website stands: names and labels in, paths relative to the registry's root out."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from catalog.model.names import is_name
from catalog.registry.layout import SITE

if TYPE_CHECKING:
    from pathlib import PurePosixPath

HOME = SITE / "index.html"
COMPARISON = SITE / "compare.html"
TOPICS = SITE / "topics.html"
STATISTICS = SITE / "stats.html"
NOT_FOUND = SITE / "404.html"
EXTENSIONS = SITE / "extensions"
CATEGORIES = SITE / "category"
TAGS = SITE / "tag"
GUIDES = SITE / "guides"
DATA = SITE / "ext"
BADGES = SITE / "badges"
CODES = SITE / "qr"
SCHEMAS = SITE / "schema"
CATALOG = SITE / "catalog.json"
ATOM_FEED = SITE / "feed.xml"
JSON_FEED = SITE / "feed.json"
SITEMAP = SITE / "sitemap.xml"
PICTURES = SITE / "pictures"
ASSETS = SITE / "assets"

_SLUG_LENGTH = 48
_HASH_LENGTH = 8
_REMEMBERED = 256
"""An address is asked for again and again while a page is made."""


@lru_cache(maxsize=_REMEMBERED)
def extension_page(name: str) -> PurePosixPath:
    """The page of an entry; a name outside the platform's grammar gets a hash, so that none clash."""
    stem = name if is_name(name) else _marked(_slug(name), name)
    return EXTENSIONS / f"{stem}.html"


def list_page(first: PurePosixPath, number: int) -> PurePosixPath:
    """Page `number` (from 1) of the list whose first page is `first`."""
    if number == 1:
        return first
    folder = SITE / "page" if first == HOME else first.with_suffix("")
    return folder / f"{number}.html"


@lru_cache(maxsize=_REMEMBERED)
def category_page(label: str) -> PurePosixPath:
    """The first page of a category; it depends on no other category."""
    return CATEGORIES / f"{_label_stem(label)}.html"


@lru_cache(maxsize=_REMEMBERED)
def tag_page(label: str) -> PurePosixPath:
    """The first page of a tag; it depends on no other tag."""
    return TAGS / f"{_label_stem(label)}.html"


@lru_cache(maxsize=_REMEMBERED)
def extension_data(name: str) -> PurePosixPath:
    """The JSON document of an entry."""
    return DATA / f"{extension_page(name).stem}.json"


@lru_cache(maxsize=_REMEMBERED)
def extension_badge(name: str) -> PurePosixPath:
    """The badge of an entry, for READMEs."""
    return BADGES / f"{extension_page(name).stem}.svg"


@lru_cache(maxsize=_REMEMBERED)
def extension_code(name: str) -> PurePosixPath:
    """The QR code of an entry's page, for phones and paper."""
    return CODES / f"{extension_page(name).stem}.svg"


@lru_cache(maxsize=_REMEMBERED)
def to_site_root(page: PurePosixPath) -> str:
    """What goes in front of a path in the site folder to link to it from `page`: empty, `../`, ..."""
    return "../" * (len(page.relative_to(SITE).parts) - 1)


@lru_cache(maxsize=_REMEMBERED)
def within_site(page: PurePosixPath) -> str:
    """The path of `page` in the site folder, as links write it after `to_site_root`."""
    return str(page.relative_to(SITE))


def _label_stem(label: str) -> str:
    """A label that is a slug already stays; others get a hash behind two hyphens, which no slug has."""
    slug = _slug(label)
    return slug if slug and slug == label else _marked(f"{slug or 'x'}-", label)


def _slug(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_text.lower())[:_SLUG_LENGTH].strip("-")


def _marked(slug: str, text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{slug or 'x'}-{digest}"
