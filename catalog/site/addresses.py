"""Where every page of the website stands: names and labels in, paths relative to the registry's root out."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from catalog.model.names import is_name
from catalog.registry.layout import SITE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

HOME = SITE / "index.html"
EXTENSIONS = SITE / "extensions"
CATEGORIES = SITE / "category"
PICTURES = SITE / "pictures"
ASSETS = SITE / "assets"

_SLUG_LENGTH = 48
_HASH_LENGTH = 8


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


def category_pages(labels: Iterable[str]) -> dict[str, PurePosixPath]:
    """The first page of every category; labels with the same slug are told apart by a hash."""
    by_slug: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        by_slug.setdefault(_slug(label), []).append(label)
    return {
        label: CATEGORIES / f"{slug if slug and len(same) == 1 else _marked(slug, label)}.html"
        for slug, same in by_slug.items()
        for label in same
    }


def to_site_root(page: PurePosixPath) -> str:
    """What goes in front of a path in the site folder to link to it from `page`: empty, `../`, ..."""
    return "../" * (len(page.relative_to(SITE).parts) - 1)


def within_site(page: PurePosixPath) -> str:
    """The path of `page` in the site folder, as links write it after `to_site_root`."""
    return str(page.relative_to(SITE))


def _slug(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower())[:_SLUG_LENGTH].strip("-")


def _marked(slug: str, text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
    return f"{slug or 'x'}-{digest}"
