"""Colours as `#rrggbb`: how bright they are, how they stand out from each other, what they mix to."""

from __future__ import annotations

import re

from msgspec import Struct

_HEX = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.IGNORECASE)
_STRAIGHT = 0.04045  # below it, sRGB is a straight line (IEC 61966-2-1)


class Colour(Struct, frozen=True):
    """A colour of the sRGB space; each part is 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> Colour:
        """The colour that `text` spells, such as `#0c6b64`.

        Raises:
            ValueError: it is not of that form.
        """
        match = _HEX.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a colour of the form #rrggbb")
        return cls(*(int(part, 16) for part in match.groups()))

    def __str__(self) -> str:
        """The colour as `#rrggbb`, in lower case."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """From 0 (black) to 1 (white), as WCAG 2.2 defines relative luminance."""
        red, green, blue = (_linear(part / 255) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(self, other: Colour) -> float:
        """How this colour stands out from the other, from 1 to 21 (WCAG 2.2, contrast ratio)."""
        dark, light = sorted((self.luminance, other.luminance))
        return (light + 0.05) / (dark + 0.05)

    def mixed(self, other: Colour, share: float) -> Colour:
        """This colour with a share (0 to 1) of the other one."""
        return Colour(
            *(
                round(mine + (theirs - mine) * share)
                for mine, theirs in zip(self._parts(), other._parts(), strict=True)
            )
        )

    def _parts(self) -> tuple[int, int, int]:
        return self.red, self.green, self.blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= _STRAIGHT else ((part + 0.055) / 1.055) ** 2.4)
