"""Preview pictures."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from catalog.site.facts import SiteFacts
from catalog.site.pictures import make_picture, make_pictures

RED = (200, 30, 30)


def saved(path: Path, size: tuple[int, int] = (1200, 600), mode: str = "RGB", **options: Any) -> Path:
    Image.new(mode, size, RED if mode == "RGB" else 0).save(path, **options)
    return path


def widths(source: Path, cache: Path) -> list[tuple[int, int]]:
    picture = make_picture(source, cache)
    assert picture
    return [(variant.width, variant.height) for variant in picture.variants]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
def test_a_picture_comes_in_three_widths_of_webp(tmp_path: Path, name: str) -> None:
    picture = make_picture(saved(tmp_path / name), tmp_path / "cache")
    assert picture
    for variant, width in zip(picture.variants, (320, 640, 960), strict=True):
        with Image.open(variant.file) as image:
            assert (image.format, image.size) == ("WEBP", (width, width // 2))
        assert variant.name.endswith(f"-{width}.webp")


def test_a_picture_is_never_enlarged(tmp_path: Path) -> None:
    assert widths(saved(tmp_path / "a.png", (500, 250)), tmp_path / "cache") == [(320, 160), (500, 250)]
    assert widths(saved(tmp_path / "b.png", (64, 64)), tmp_path / "cache") == [(64, 64)]


def test_a_very_flat_picture_keeps_a_pixel_of_height(tmp_path: Path) -> None:
    assert widths(saved(tmp_path / "a.png", (4000, 2)), tmp_path / "cache")[0] == (320, 1)


def test_what_a_camera_wrote_into_a_picture_is_gone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x0112] = 6  # turned by a quarter
    picture = make_picture(saved(tmp_path / "a.jpg", (400, 200), exif=exif), tmp_path / "cache")
    assert picture
    with Image.open(picture.variants[0].file) as image:
        assert image.size == (200, 400)
        assert len(image.getexif()) == 0
    assert b"taken at home" not in Path(picture.variants[0].file).read_bytes()


def test_the_box_has_the_average_colour(tmp_path: Path) -> None:
    picture = make_picture(saved(tmp_path / "a.png"), tmp_path / "cache")
    assert picture
    assert picture.colour == "#c81e1e"


def test_a_transparent_picture_is_shown_whole_and_without_a_box(tmp_path: Path) -> None:
    picture = make_picture(saved(tmp_path / "a.png", mode="RGBA"), tmp_path / "cache")
    assert picture
    assert (picture.colour, picture.is_icon) == ("", True)


@pytest.mark.parametrize(("size", "is_icon"), [((256, 256), True), ((640, 360), False)])
def test_a_square_picture_is_an_icon(tmp_path: Path, size: tuple[int, int], is_icon: bool) -> None:
    picture = make_picture(saved(tmp_path / "a.png", size), tmp_path / "cache")
    assert picture
    assert picture.is_icon is is_icon


def test_a_picture_is_scaled_once_in_its_life(tmp_path: Path) -> None:
    first = make_picture(saved(tmp_path / "a.png"), tmp_path / "cache")
    assert first
    times = [Path(variant.file).stat().st_mtime_ns for variant in first.variants]
    assert make_picture(saved(tmp_path / "b.png"), tmp_path / "cache") == first
    assert [Path(variant.file).stat().st_mtime_ns for variant in first.variants] == times


@pytest.mark.parametrize("damage", ["note", "variant"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: str) -> None:
    source = saved(tmp_path / "a.png")
    first = make_picture(source, tmp_path / "cache")
    assert first
    file = Path(first.variants[0].file)
    if damage == "note":
        next(file.parent.glob("*.json")).write_text("{", encoding="utf-8")
    else:
        file.unlink()
    assert make_picture(source, tmp_path / "cache") == first
    assert file.is_file()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
    ],
)
def test_a_picture_that_cannot_be_read_is_no_picture(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert make_picture(tmp_path / "a.png", tmp_path / "cache") is None


def test_a_cut_picture_is_no_picture(tmp_path: Path) -> None:
    source = saved(tmp_path / "a.jpg")
    source.write_bytes(source.read_bytes()[:-2000])
    assert make_picture(source, tmp_path / "cache") is None


def test_a_missing_picture_is_no_picture(tmp_path: Path) -> None:
    assert make_picture(tmp_path / "a.png", tmp_path / "cache") is None


@pytest.mark.parametrize("side", [8_000, 60_000])
def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Path, side: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(content)
    assert make_picture(tmp_path / "bomb.png", tmp_path / "cache") is None


def test_entries_without_a_readable_picture_are_left_out(tmp_path: Path) -> None:
    facts = {
        "drawn": SiteFacts(picture=str(saved(tmp_path / "a.png"))),
        "broken": SiteFacts(picture=str(tmp_path / "none.png")),
        "plain": SiteFacts(),
    }
    assert set(make_pictures(facts, tmp_path / "cache")) == {"drawn"}
