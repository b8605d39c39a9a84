"""Runs mkdocs-material once for the page that all pages of the website are filled into.

In: the configuration and overrides in `site_templates/material/`, and the guides. Out: the HTML of that page
with our slots in it, what pages use of its style sheets, and the guides as HTML. The result is cached by all
that it depends on. The theme's scripts are left out: they need an inline configuration, which the website's
policy forbids.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict

from catalog.errors import MissingError
from catalog.site.class_words import words_of
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECIPE = "3"
"""Part of the cache key: raised when this module makes something else of the same theme."""
_STYLE_SHEET = re.compile(r'(<link rel="stylesheet" href=")(?!\[\[)([^"]+)(">)')
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=[^*]*\*/\s*")
_BETWEEN_TAGS = re.compile(r"\n\s*(?=\n)|^[ \t]+", re.MULTILINE)
_FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=\"\[\[)", re.IGNORECASE),
    "an inline style": re.compile(r"<style|<[^>]+\sstyle=", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]+\son[a-z]+=", re.IGNORECASE),
    "an address outside": re.compile(r"(?:href|src)=\"(?:https?:)?//", re.IGNORECASE),
}
_GUIDE_HEAD = "---\ntemplate: guide.html\n---\n\n"
_OUTSIDE_IN_CSS = re.compile(r"url\((?!\s*[\"']?(?:data:|#))|@import", re.IGNORECASE)


class ThemePage(Struct, frozen=True):
    """What the theme gave: a page with slots, its style sheets by the names the page links to, guides."""

    document: str
    styles: Mapping[str, str]
    guides: Mapping[str, str]


NO_GUIDES: Mapping[str, str] = {}


def theme_page(
    folder: Path, cache: Path, guides: Mapping[str, str] = NO_GUIDES, words: frozenset[str] = frozenset()
) -> ThemePage:
    """The page of the theme as `folder` configures it, from `cache` if it is there.

    `guides` has Markdown by file name, such as `admins.md`; `words` are the classes that the website's pages
    have besides those of this page and of the guides.

    Raises:
        MissingError: mkdocs-material is not installed, does not build, or brings what the policy forbids.
    """
    try:
        key = _key(folder, guides, words)
    except PackageNotFoundError as error:
        raise MissingError(
            f"The Python package {error.name} is not installed, so the website has no Material skin.",
            'Install it, or choose the other skin in catalog.toml: skin = "plain"',
        ) from None
    file = cache / f"{key}.json"
    cached = _cached(file)
    if cached is None:
        cached = _build(folder, guides, words)
        _keep(file, cached)
    return cached


def _key(folder: Path, guides: Mapping[str, str], words: frozenset[str]) -> str:
    digest = hashlib.sha256()
    for part in (RECIPE, version("mkdocs"), version("mkdocs-material")):
        digest.update(f"{part}\0".encode())
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            content = file.read_bytes()
            digest.update(f"{file.relative_to(folder)}\0{len(content)}\0".encode() + content)
    digest.update(json.dumps([dict(guides), sorted(words)]).encode())
    return digest.hexdigest()


def _cached(file: Path) -> ThemePage | None:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return ThemePage(stored["document"], dict(stored["styles"]), dict(stored["guides"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(file: Path, page: ThemePage) -> None:
    """Put a page into the cache; builds that run at the same time write the same bytes.

    A cache that cannot be written costs the next build some time, and is no error.
    """
    with suppress(OSError, MissingError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_file(file, json.dumps(asdict(page)).encode(), is_lasting=False)


def _build(folder: Path, guides: Mapping[str, str], words: frozenset[str]) -> ThemePage:
    from catalog.site.used_styles import used_styles  # noqa: PLC0415  # only when nothing is cached

    with tempfile.TemporaryDirectory(prefix="catalog-shell-") as temporary:
        site = _run_mkdocs(folder, Path(temporary), guides)
        raw = (site / "index.html").read_text(encoding="utf-8")
        styles = {Path(match[2]).name: site / match[2] for match in _STYLE_SHEET.finditer(raw)}
        document = _STYLE_SHEET.sub(lambda match: f"{match[1]}[[asset:{Path(match[2]).name}]]{match[3]}", raw)
        texts = {name: _SOURCE_MAP.sub("", file.read_text(encoding="utf-8")) for name, file in styles.items()}
        contents = {
            name: (site / Path(name).with_suffix(".html")).read_text(encoding="utf-8") for name in guides
        }
    used = words | words_of((document, *contents.values()))
    styles_used = {name: used_styles(text, used) for name, text in texts.items()}
    page = ThemePage(_BETWEEN_TAGS.sub("", document).lstrip(), styles_used, contents)
    for problem in _problems(page):
        raise MissingError(
            f"The installed mkdocs-material {version('mkdocs-material')} brings {problem}, "
            "which no page of the website may have.",
            'Install a version that this catalog was tested with, or set skin = "plain" in catalog.toml.',
        )
    return page


def _run_mkdocs(folder: Path, temporary: Path, guides: Mapping[str, str]) -> Path:
    """Build the one page, and the content of each guide, into a folder in `temporary`."""
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")  # advertises another generator on every run
    from mkdocs.commands.build import build  # noqa: PLC0415  # half a second, only when nothing is cached
    from mkdocs.config import load_config  # noqa: PLC0415
    from mkdocs.exceptions import MkDocsException  # noqa: PLC0415

    documents, site = temporary / "documents", temporary / "site"
    documents.mkdir()
    (documents / "index.md").write_text("", encoding="utf-8")
    for name, text in guides.items():
        (documents / name).write_text(f"{_GUIDE_HEAD}{text}", encoding="utf-8")
    log = logging.getLogger("mkdocs")
    log.addHandler(logging.NullHandler())
    try:
        build(load_config(str(folder / "mkdocs.yml"), docs_dir=str(documents), site_dir=str(site)))
    except MkDocsException as error:
        raise MissingError(
            f"mkdocs could not build the page that the website's pages are filled into: {error}",
            f'Look at {folder / "mkdocs.yml"}, or set skin = "plain" in catalog.toml.',
        ) from error
    return site


def _problems(page: ThemePage) -> Iterator[str]:
    yield from (what for what, pattern in _FORBIDDEN.items() if pattern.search(page.document))
    for name, guide in page.guides.items():
        code = (
            what
            for what, pattern in _FORBIDDEN.items()
            if what != "an address outside" and pattern.search(guide)
        )
        yield from (f"{what} in {name}" for what in code)
    if any(_OUTSIDE_IN_CSS.search(text) for text in page.styles.values()):
        yield "a style sheet that loads other files"
