"""Pictures in a sanitised document: the extension's own are shown, of others the alternative text stays."""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.site.picture import WIDTHS
from catalog.site.readme_links import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.site.picture import Picture

_PICTURE = re.compile(r"<img\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_PIXELS = re.compile(r"\s*([0-9]{1,4})\s*(?:px)?\s*")


def shown_pictures(text: str, pictures: Mapping[PurePosixPath, Picture]) -> str:
    """The document with its pictures in all widths; `pictures` are by their paths in the extension.

    What stands in `text` as a picture's source is such a path, or it is missing.
    """

    def shown(match: re.Match[str]) -> str:
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        picture = pictures.get(PurePosixPath(attributes.get("src", "")))
        return _element(picture, attributes) if picture else _note(attributes.get("alt", ""))

    return _PICTURE.sub(shown, text)


def _element(picture: Picture, attributes: Mapping[str, str]) -> str:
    shown, largest = picture.middle, picture.largest
    width = _width(attributes.get("width", "")) or picture.natural_width
    height = max(1, round(width * largest.height / largest.width))
    sources = ", ".join(f"{ROOT}{variant.href} {variant.width}w" for variant in picture.variants)
    sizes = f"(max-width: {width}px) 100vw, {width}px"
    title = f' title="{html.escape(attributes["title"])}"' if attributes.get("title") else ""
    return (
        f'<img src="{ROOT}{shown.href}" srcset="{sources}" sizes="{sizes}" width="{width}" height="{height}"'
        f' alt="{html.escape(attributes.get("alt", ""))}"{title} loading="lazy" decoding="async">'
    )


def _width(wish: str) -> int:
    """The width that the author wants, in pixels; 0 for none, or for one in percent."""
    match = _PIXELS.fullmatch(wish)
    return min(int(match[1]), WIDTHS[-1]) if match else 0


def _note(alternative: str) -> str:
    label = f"Picture: {alternative}" if alternative.strip() else "Picture"
    return f'<span class="image-note">{html.escape(label)}</span>'
