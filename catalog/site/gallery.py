"""The pictures of an entry that readers open one after the other, each in full size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from catalog.site.picture import Picture, Variant


class Shot(Struct, frozen=True):
    """One picture: its number from 1, and how many there are."""

    picture: Picture
    number: int
    count: int

    @property
    def large(self) -> Variant:
        """The widest variant, which a link without scripts leads to."""
        return self.picture.variants[-1]


def shots(preview: Picture | None, gallery: tuple[Picture, ...]) -> tuple[Shot, ...]:
    """The preview first, unless it is an icon, then the gallery; the same picture only once."""
    first = () if preview is None or preview.is_icon else (preview,)
    pictures = {picture.variants[-1].name: picture for picture in (*first, *gallery)}
    return tuple(Shot(picture, n, len(pictures)) for n, picture in enumerate(pictures.values(), 1))
