"""The pictures of an entry that readers open one after the other."""

from __future__ import annotations

from catalog.site.gallery import shots
from catalog.site.picture import Picture, Variant


def picture(name: str, colour: str = "#123456") -> Picture:
    widths = (320, 640)
    return Picture(tuple(Variant(f"{name}-{width}.webp", width, width // 2, "") for width in widths), colour)


PREVIEW, FIRST, SECOND = picture("preview"), picture("first"), picture("second")


def test_the_preview_comes_first() -> None:
    made = shots(PREVIEW, (FIRST, SECOND))
    assert [(shot.picture, shot.number, shot.count) for shot in made] == [
        (PREVIEW, 1, 3),
        (FIRST, 2, 3),
        (SECOND, 3, 3),
    ]


def test_an_icon_is_no_picture_to_enlarge() -> None:
    assert [shot.picture for shot in shots(picture("icon", ""), (FIRST,))] == [FIRST]
    assert shots(None, ()) == ()


def test_a_picture_that_is_preview_and_in_the_gallery_is_shown_once() -> None:
    assert [shot.picture for shot in shots(PREVIEW, (FIRST, PREVIEW, FIRST))] == [PREVIEW, FIRST]


def test_a_link_without_scripts_leads_to_the_widest() -> None:
    assert shots(PREVIEW, ())[0].large.width == 640
