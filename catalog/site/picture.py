"""A preview picture as pages show it: several widths of it, and the colour of the box around it."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.site.addresses import PICTURES, within_site


@dataclass(frozen=True, slots=True)
class Variant:
    """One width of a picture, in pixels: its name in the site's picture folder, and the file to copy."""

    name: str
    width: int
    height: int
    file: str

    @property
    def href(self) -> str:
        """The address relative to the site folder."""
        return within_site(PICTURES / self.name)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in ascending widths, never upscaled.

    `colour` is its average as `#rrggbb`, empty when parts of it are transparent.
    """

    variants: tuple[Variant, ...]
    colour: str

    @property
    def middle(self) -> Variant:
        """The variant for browsers that do not choose: the widest one up to 640 pixels."""
        return next((v for v in reversed(self.variants) if v.width <= MIDDLE_WIDTH), self.variants[0])

    @property
    def is_icon(self) -> bool:
        """Whether it must be shown whole: logos and icons lose their meaning when they are cropped."""
        return not self.colour or self.middle.width < ICON_RATIO * self.middle.height


WIDTHS = (320, 640, 960)
MIDDLE_WIDTH = 640
ICON_RATIO = 1.2
"""Pictures that are narrower than this times their height are icons."""
