"""The shell of the website: the frame that every page is filled into, and the files that the frame links to.

A skin is a folder of `site_templates/`: `material` (made by mkdocs) or `plain` (one HTML file). Both use the
same style sheets, scripts, guides and page templates; a skin adds a frame and `skin.css`.
"""

from __future__ import annotations

import hashlib
import html
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.file_tree import TreeFile
from catalog.registry.layout import CONTENT_SECURITY_POLICY
from catalog.site.accent import accented
from catalog.site.addresses import ASSETS, within_site
from catalog.site.class_words import words_of
from catalog.site.fill import Frame
from catalog.site.guides import make_guides, rendered
from catalog.site.highlight import CLASSES
from catalog.site.material import theme_page
from catalog.site.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.site.guides import Guide

FRAGMENTS = ("meta", "links", "logo", "halves", "navigation", "footer")
"""Pieces of HTML in `shared/` that the frames of all skins have in common."""
SCRIPTS = ("list", "entry", "compare")
"""Kinds of pages that need style sheets and scripts of their own: those of `shared/<kind>-scripts.html`."""
_ASSET = re.compile(r"\[\[asset:([^\]]+)\]\]")
_HASH_LENGTH = 10


class Look(Struct, frozen=True):
    """What a site changes of its look: a folder of templates that take the places of ours, and accents.

    The accents are colours as `#rrggbb`, for light and for dark surroundings; empty for ours.
    """

    templates: Path | None = None
    accent: str = ""
    accent_dark: str = ""


OUR_LOOK = Look()


class Shell(Struct, frozen=True):
    """The frame, its style sheets and scripts as files of the site, the folder of page templates, guides.

    `scripts` is the HTML that loads what only one kind of page needs; it has the slot `[[root]]`.
    """

    frame: Frame
    assets: tuple[TreeFile, ...]
    pages: Path
    scripts: Mapping[str, str]
    guides: tuple[Guide, ...]


def material_shell(templates: Path, cache: Path, look: Look = OUR_LOOK) -> Shell:
    """The shell in mkdocs-material's look; `templates` is `site_templates/`, `cache` any folder of ours.

    Raises:
        MissingError: the theme is missing or does not build.
        UsageError: a colour is not one, or nobody could read it.
    """
    layers = Templates(templates, look.templates)
    texts = _texts(layers, "guides")
    page = theme_page(templates / "material", cache, texts, CLASSES | words_of(layers.texts()))
    styles = {name: text.encode() for name, text in page.styles.items()}
    return _shell(layers, look, "material", _Skin(page.document, styles, make_guides(texts, page.guides)))


def plain_shell(templates: Path, look: Look = OUR_LOOK) -> Shell:
    """The shell that needs nothing but its own HTML file; `templates` is `site_templates/`.

    Raises:
        UsageError: a colour is not one, or nobody could read it.
    """
    layers = Templates(templates, look.templates)
    texts = _texts(layers, "guides")
    document = (templates / "plain" / "shell.html").read_text(encoding="utf-8")
    return _shell(layers, look, "plain", _Skin(document, {}, make_guides(texts, rendered(texts))))


class _Skin(Struct, frozen=True):
    """What a skin gives: the page that is the frame, style sheets by name, guides."""

    document: str
    styles: Mapping[str, bytes]
    guides: tuple[Guide, ...]


def _shell(templates: Templates, look: Look, name: str, skin: _Skin) -> Shell:
    own = {file: path.read_bytes() for file, path in templates.files("assets").items()}
    skin_sheet = (templates.ours / name / "skin.css").read_bytes()
    sheets = accented({**skin.styles, **own, "skin.css": skin_sheet}, look.accent, look.accent_dark)
    files = {file: _hashed(file, content) for file, content in sheets.items()}
    fragments = {Path(file).stem: text.strip() for file, text in _texts(templates, "shared").items()}
    document = skin.document
    for fragment in FRAGMENTS:
        document = document.replace(f"[[{fragment}]]", fragments[fragment])
    document = document.replace("[[csp]]", html.escape(CONTENT_SECURITY_POLICY, quote=False))
    return Shell(
        frame=Frame.of(_linked(document, files)),
        assets=tuple(files.values()),
        pages=templates.ours / "pages",
        scripts={kind: _linked(fragments[f"{kind}-scripts"], files) for kind in SCRIPTS},
        guides=skin.guides,
    )


def _texts(templates: Templates, folder: str) -> dict[str, str]:
    return {name: path.read_text(encoding="utf-8") for name, path in templates.files(folder).items()}


def _linked(document: str, files: Mapping[str, TreeFile]) -> str:
    return _ASSET.sub(lambda match: f"[[root]]{within_site(files[match[1]].path)}", document)


def _hashed(name: str, content: bytes) -> TreeFile:
    """The file under a name that changes with its content, so that browsers may keep it for ever."""
    digest = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]
    path = PurePosixPath(name)
    stem = path.name.split(".", 1)[0]
    return TreeFile(ASSETS / f"{stem}-{digest}{path.suffix}", content)
