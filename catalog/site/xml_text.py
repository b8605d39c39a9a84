"""Text as XML can hold it: feeds, the sitemap and badges are XML."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed(text: str) -> str:
    """The text with a mark in place of every character that XML 1.0 forbids (section 2.2)."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def element(name: str, text: str = "", /, *children: ET.Element, **attributes: str) -> ET.Element:
    """An element; a trailing underscore in an attribute's name is left out."""
    made = ET.Element(name, {key.rstrip("_"): allowed(value) for key, value in attributes.items()})
    made.text = allowed(text) or None
    made.extend(children)
    return made


def document(root: ET.Element) -> bytes:
    """The document as UTF-8 bytes, with a declaration and a line end."""
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
