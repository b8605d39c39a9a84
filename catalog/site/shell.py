"""The shell of the website: the frame that every page is filled into, and the files that the frame links to.

A skin is a folder of `site_templates/`: `material` (made by mkdocs) or `plain` (one HTML file). Both use the
same style sheets, scripts and page templates; a skin adds a frame and `skin.css`.
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from catalog.model.file_tree import TreeFile
from catalog.registry.layout import CONTENT_SECURITY_POLICY
from catalog.site.addresses import ASSETS, within_site
from catalog.site.fill import Frame
from catalog.site.material import theme_page

if TYPE_CHECKING:
    from collections.abc import Mapping

FRAGMENTS = ("meta", "links", "logo", "halves")
"""Pieces of HTML in `shared/` that the frames of all skins have in common."""
_ASSET = re.compile(r"\[\[asset:([^\]]+)\]\]")
_HASH_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame, its style sheets and scripts as files of the site, and the folder of page templates."""

    frame: Frame
    assets: tuple[TreeFile, ...]
    pages: Path


def material_shell(templates: Path, cache: Path) -> Shell:
    """The shell in mkdocs-material's look; `templates` is `site_templates/`, `cache` any folder of ours.

    Raises:
        MissingError: the theme is missing or does not build.
    """
    page = theme_page(templates / "material", cache)
    styles = {name: text.encode() for name, text in page.styles.items()}
    return _shell(templates, "material", page.document, styles)


def plain_shell(templates: Path) -> Shell:
    """The shell that needs nothing but its own HTML file; `templates` is `site_templates/`."""
    return _shell(templates, "plain", (templates / "plain" / "shell.html").read_text(encoding="utf-8"), {})


def _shell(templates: Path, skin: str, document: str, styles: Mapping[str, bytes]) -> Shell:
    own = sorted(path for path in (templates / "assets").iterdir() if path.is_file())
    contents = {
        **styles,
        **{path.name: path.read_bytes() for path in own},
        "skin.css": (templates / skin / "skin.css").read_bytes(),
    }
    files = {name: _hashed(name, content) for name, content in contents.items()}
    for name in FRAGMENTS:
        fragment = (templates / "shared" / f"{name}.html").read_text(encoding="utf-8").strip()
        document = document.replace(f"[[{name}]]", fragment)
    document = document.replace("[[csp]]", html.escape(CONTENT_SECURITY_POLICY, quote=False))
    document = _ASSET.sub(lambda match: f"[[root]]{within_site(files[match[1]].path)}", document)
    return Shell(Frame.of(document), tuple(files.values()), templates / "pages")


def _hashed(name: str, content: bytes) -> TreeFile:
    """The file under a name that changes with its content, so that browsers may keep it for ever."""
    digest = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]
    path = PurePosixPath(name)
    stem = path.name.split(".", 1)[0]
    return TreeFile(ASSETS / f"{stem}-{digest}{path.suffix}", content)
