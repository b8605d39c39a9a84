"""A site's own accent colour in the style sheets, refused where nobody could read it.

Text in the accent stands on every ground of the style sheets, so it has to stand out from all of them by
4.5 to 1 (WCAG 2.2, 1.4.3). No single colour does that in the light and in the dark: the dark one is given,
or mixed with white until it does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.errors import UsageError
from catalog.model.colour import Colour

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_CONTRAST = 4.5
LIGHT_SHEET, DARK_SHEET = "catalog.css", "dark.css"
_VARIABLE = re.compile(r"--(bg|surface|sunken|ink):\s*(#[0-9a-fA-F]{6})\s*;")
_GROUNDS = ("bg", "surface")
_WHITE, _BLACK = Colour(255, 255, 255), Colour(0, 0, 0)
_STEPS = 100
_SOFT = 18  # per cent of the accent in its soft ground, at most


def accented(sheets: Mapping[str, bytes], accent: str, accent_dark: str) -> dict[str, bytes]:
    """The style sheets with the accents (`#rrggbb`, or empty for the sheets' own) in place of theirs.

    Raises:
        UsageError: a colour is not one, or does not stand out from the grounds.
    """
    changed = dict(sheets)
    if accent:
        light = _Theme.of(sheets[LIGHT_SHEET], "accent", _BLACK)
        changed[LIGHT_SHEET] += light.rule(light.checked(accent))
    if accent or accent_dark:
        dark = _Theme.of(sheets[DARK_SHEET], "accent_dark", _WHITE)
        colour = dark.checked(accent_dark) if accent_dark else dark.readable(_parsed("accent", accent))
        changed[DARK_SHEET] += dark.rule(colour)
    return changed


class _Theme(Struct, frozen=True):
    """The colours of one sheet: grounds, and the ink; `end` is where a colour moves to be readable."""

    setting: str
    grounds: Mapping[str, Colour]
    ink: Colour
    end: Colour

    @classmethod
    def of(cls, sheet: bytes, setting: str, end: Colour) -> _Theme:
        text = sheet.decode("utf-8", "replace")
        colours = {name: Colour.parse(value) for name, value in _VARIABLE.findall(text)}
        missing = [name for name in (*_GROUNDS, "ink") if name not in colours]
        if missing:
            raise UsageError(
                f"An accent cannot be checked: the style sheet says no --{missing[0]} as #rrggbb.",
                "Name it in your own catalog.css and dark.css, or set --accent there.",
            )
        return cls(setting, {name: colours[name] for name in _GROUNDS}, colours["ink"], end)

    def checked(self, text: str) -> Colour:
        """The colour, if it stands out from every ground."""
        colour = _parsed(self.setting, text)
        ground, contrast = min(
            ((name, colour.contrast(one)) for name, one in self.grounds.items()), key=lambda pair: pair[1]
        )
        if contrast < LEAST_CONTRAST:
            raise UsageError(
                f"The setting {self.setting!r} of [catalog] is {text}, which stands out from the ground "
                f"{self.grounds[ground]} by {contrast:.1f} to 1; people need 4.5 to 1 to read it (WCAG AA).",
                f"The nearest colour that can be read is {self.readable(colour)}.",
            )
        return colour

    def readable(self, colour: Colour) -> Colour:
        """The colour, moved until it stands out from every ground."""
        steps = (colour.mixed(self.end, step / _STEPS) for step in range(_STEPS))
        return next((one for one in steps if self._stands_out(one)), self.end)

    def rule(self, colour: Colour) -> bytes:
        """The style sheet's rule that sets the accent and its soft ground."""
        return f"\n:root {{ --accent: {colour}; --accent-soft: {self._soft(colour)}; }}\n".encode()

    def _stands_out(self, colour: Colour) -> bool:
        return all(colour.contrast(ground) >= LEAST_CONTRAST for ground in self.grounds.values())

    def _soft(self, colour: Colour) -> Colour:
        """The strongest tint of the surface that the accent and the ink can still be read on."""
        surface = self.grounds["surface"]
        tints = (surface.mixed(colour, share / _STEPS) for share in range(_SOFT, 0, -1))
        readable = (
            tint for tint in tints if min(colour.contrast(tint), self.ink.contrast(tint)) >= LEAST_CONTRAST
        )
        return next(readable, surface)


def _parsed(setting: str, text: str) -> Colour:
    try:
        return Colour.parse(text)
    except ValueError as error:
        raise UsageError(
            f"The setting {setting!r} of [catalog]: {error}.", 'Write it as: "#0c6b64"'
        ) from None
