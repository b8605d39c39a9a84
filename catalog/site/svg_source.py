"""An SVG file as bytes -> the text that is drawn: no references to other files, no entities, bounded in size.

What is drawn becomes pixels, so scripts and styles cannot act in a browser. What must go is what the drawing
program itself would follow: references to files of this machine, and XML that grows while it is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring, tostring
from msgspec import Struct

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_ELEMENTS = 100_000
MAX_DEPTH = 200
MAX_SIDE = 100_000.0
"""Pixels: more in one direction is a mistake, or means harm."""

_SVG = "{http://www.w3.org/2000/svg}"
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp)[;,]", re.IGNORECASE)
_LENGTH = re.compile(r"\s*\+?(?P<number>\d*\.?\d+(?:e[+-]?\d{1,3})?)\s*(?P<unit>[a-z]*)\s*", re.IGNORECASE)
_PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_DRAWN_NEVER = {
    f"{_SVG}{name}" for name in ("script", "foreignObject", "metadata", "iframe", "audio", "video")
}


class SvgError(ValueError):
    """This is no SVG that can be drawn; the message goes on after the file's name."""


class SafeSvg(Struct, frozen=True):
    """What is drawn, and how wide its author made it, in pixels (0: it has no size of its own)."""

    text: str
    width: int


def safe_svg(content: bytes) -> SafeSvg:
    """The SVG in `content` without anything that leads out of it.

    Raises:
        SvgError: it is no SVG, declares entities, or is too large or too deep.
    """
    root = _parsed(content)
    if root.tag != f"{_SVG}svg":
        raise SvgError("is no SVG: its root is another element, or lacks the namespace of SVG")
    _clean(root)
    text = tostring(root, encoding="unicode")
    return SafeSvg(text, _width(root))


def _parsed(content: bytes) -> Element:
    try:
        return fromstring(content, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise SvgError("declares entities, which an SVG of a catalog may not") from None
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise SvgError(f"is no SVG: {error}") from None


def _clean(root: Element) -> None:
    """Take out of every element what leads out of the file; count while walking."""
    waiting, count = [(root, 1)], 0
    while waiting:
        element, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise SvgError(f"is nested more than {MAX_DEPTH} levels deep")
        if count > MAX_ELEMENTS:
            raise SvgError(f"has more than {MAX_ELEMENTS:,} elements")
        for name in [name for name, value in element.attrib.items() if _leads_out(name, value)]:
            del element.attrib[name]
        for child in [child for child in element if child.tag in _DRAWN_NEVER]:
            element.remove(child)
        waiting += ((child, depth + 1) for child in element)


def _leads_out(name: str, value: str) -> bool:
    local = name.rpartition("}")[2].lower()
    if local.startswith("on") or local == "base":
        return True
    address = value.strip()
    return local in {"href", "src"} and not address.startswith("#") and not _EMBEDDED.match(address)


def _width(root: Element) -> int:
    """The width in whole pixels: the one that is written, else that of the view box.

    Raises:
        SvgError: a side is longer than anybody can mean.
    """
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    sides = [_pixels(root.get("width", "")), _pixels(root.get("height", "")), *map(_pixels, box[2:4])]
    if any(side > MAX_SIDE for side in sides):
        raise SvgError(f"is more than {MAX_SIDE:,.0f} pixels wide or high")
    return round(sides[0] or (sides[2] if len(sides) > 2 else 0))  # noqa: PLR2004  # width, height, then the box


def _pixels(length: str) -> float:
    """A length in pixels; 0 for one that depends on something, or that is none."""
    match = _LENGTH.fullmatch(length)
    return float(match["number"]) * _PIXELS.get(match["unit"].lower(), 0.0) if match else 0.0
