"""A badge for READMEs: the name of an entry's kind, its version and its risk as a small SVG picture.

It loads nothing and has no style, so it shows under any policy; its text is outlined by the reader's own font
in the width that it was given.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.site.addresses import extension_badge
from catalog.site.drawn_picture import DrawnPicture
from catalog.site.xml_text import allowed

if TYPE_CHECKING:
    from catalog.site.card import Card

_GROUND = "#3d4854"
_VERSION = "#0c6b64"
_RISKS = {0: "#17663a", 1: "#7d4d00", 2: "#a3221b"}
_HEIGHT, _PADDING, _LETTER = 20, 7, 6.6
_NARROW, _WIDE = frozenset("iljtfrI.,:;|!' "), frozenset("mwMW@%")
_LONGEST = 32


class _Part(Struct, frozen=True):
    """A piece of the badge: its text, its colour, its width in pixels."""

    text: str
    colour: str

    @property
    def width(self) -> int:
        return round(sum(_letter_width(letter) for letter in self.text)) + 2 * _PADDING


class Badge(DrawnPicture, frozen=True):
    """A picture of an entry in one line; `width` and `height` are in pixels."""

    width: int
    height: int


def badge(card: Card) -> Badge:
    """The badge of an entry."""
    parts = [_Part(card.kind.value, _GROUND), _Part(_shortened(card.version), _VERSION)]
    if card.risk:
        parts.append(_Part(card.risk.label, _RISKS[card.risk.tier]))
    label = escape(allowed(f"{card.title}: " + ", ".join(part.text for part in parts)))
    width = sum(part.width for part in parts)
    drawn, place = [], 0
    for part in parts:
        drawn.append(_drawn(part, place))
        place += part.width
    text = (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" role="img" '
        f'aria-label="{label}"><title>{label}</title>{"".join(drawn)}</svg>\n'
    )
    return Badge(extension_badge(card.name), text.encode(), width, _HEIGHT)


def _drawn(part: _Part, place: int) -> str:
    return (
        f'<rect x="{place}" width="{part.width}" height="{_HEIGHT}" fill="{part.colour}"/>'
        f'<text x="{place + _PADDING}" y="14" fill="#ffffff" textLength="{part.width - 2 * _PADDING}" '
        f'font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">{escape(allowed(part.text))}</text>'
    )


def _letter_width(letter: str) -> float:
    if letter in _NARROW:
        return _LETTER * 0.6
    return _LETTER * 1.5 if letter in _WIDE or not letter.isascii() else _LETTER


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
