"""A picture as pages show it: several widths of it, and the colour of the box around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from catalog.site.addresses import PICTURES, within_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath


class Variant(Struct, frozen=True):
    """One width of a picture, in pixels: its name in the site's picture folder, and the file to copy."""

    name: str
    width: int
    height: int
    file: str

    @property
    def href(self) -> str:
        """The address relative to the site folder."""
        return within_site(PICTURES / self.name)


class Picture(Struct, frozen=True):
    """A picture in ascending widths, of which only drawings are ever larger than their source.

    `colour` is its average as `#rrggbb`, empty when parts of it are transparent. `own_width` is how wide the
    source says it is, in pixels; 0 when it does not say so.
    """

    variants: tuple[Variant, ...]
    colour: str
    own_width: int = 0

    @property
    def middle(self) -> Variant:
        """The variant for browsers that do not choose: the widest one up to 640 pixels."""
        return next((v for v in reversed(self.variants) if v.width <= MIDDLE_WIDTH), self.variants[0])

    @property
    def largest(self) -> Variant:
        """The widest variant."""
        return self.variants[-1]

    @property
    def natural_width(self) -> int:
        """The width in pixels at which a text shows it."""
        return min(self.own_width or self.largest.width, self.largest.width)

    @property
    def is_icon(self) -> bool:
        """Whether it must be shown whole: logos and icons lose their meaning when they are cropped."""
        return not self.colour or self.middle.width < ICON_RATIO * self.middle.height


class Unreadable(Struct, frozen=True):
    """A picture that cannot be shown: its file, and why, as a clause that goes on after its name."""

    file: str
    reason: str


class EntryPictures(Struct, frozen=True):
    """All pictures of one entry.

    `gallery` is in the author's order, `shown` has those that the documents show, by their paths in the
    extension, and `unreadable` those that no page can show.
    """

    preview: Picture | None = None
    gallery: tuple[Picture, ...] = ()
    shown: Mapping[PurePosixPath, Picture] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()

    def all(self) -> Iterator[Picture]:
        """Every picture; one that stands in two places comes twice."""
        if self.preview is not None:
            yield self.preview
        yield from self.gallery
        yield from self.shown.values()


NO_PICTURES = EntryPictures()
WIDTHS = (320, 640, 960)
MIDDLE_WIDTH = 640
ICON_RATIO = 1.2
"""Pictures that are narrower than this times their height are icons."""
