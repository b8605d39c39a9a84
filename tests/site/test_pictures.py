"""Preview pictures."""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from catalog.errors import MissingError
from catalog.model.manifest import CatalogNotes
from catalog.model.picture import MAX_PICTURE_BYTES
from catalog.site.entry_pictures import make_pictures
from catalog.site.facts import SiteFacts
from catalog.site.picture import Picture, Unreadable
from catalog.site.pictures import PictureMaker, make_picture

RED = (200, 30, 30)


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((48, 32)).convert("RGB").save(file, kind)
    return file.getvalue()


SMALL = {kind: encoded(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")}


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


def test_a_very_high_picture_is_shown_as_high_as_its_format_allows(tmp_path: Path) -> None:
    sizes = widths(saved(tmp_path / "page.png", (1280, 30000)), tmp_path / "cache")
    assert sizes == [(320, 7500), (640, 15000), (699, 16383)]
    assert widths(saved(tmp_path / "line.png", (1, 30000)), tmp_path / "cache") == [(1, 16383)]


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


def test_a_picture_that_a_power_failure_left_empty_is_made_anew(tmp_path: Path) -> None:
    source = saved(tmp_path / "a.png")
    first = make_picture(source, tmp_path / "cache")
    for file in (tmp_path / "cache").rglob("*.webp"):
        file.write_bytes(b"")
    assert make_picture(source, tmp_path / "cache") == first
    assert all(file.stat().st_size for file in (tmp_path / "cache").rglob("*.webp"))


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


def reason(source: Path, cache: Path) -> str:
    with PictureMaker(cache) as maker:
        made = maker.make(source)
    assert isinstance(made, Unreadable)
    return made.reason


def test_a_picture_that_cannot_be_shown_says_why(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (tmp_path / "text.png").write_bytes(b"words")
    (tmp_path / "cut.png").write_bytes(saved(tmp_path / "a.png").read_bytes()[:300])
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    os.truncate(saved(tmp_path / "huge.png"), MAX_PICTURE_BYTES + 1)
    (tmp_path / "circle.png").symlink_to(tmp_path / "circle.png")
    assert reason(tmp_path / "text.png", cache) == "is no PNG, JPEG, WebP, GIF or SVG picture"
    assert reason(tmp_path / "cut.png", cache).startswith("is damaged: ")
    assert reason(tmp_path / "folder.png", cache) == "cannot be read: is a directory"
    assert "regular file" in reason(tmp_path / "pipe.png", cache)
    assert reason(tmp_path / "huge.png", cache) == "has more than 10 MiB"
    assert reason(tmp_path / "circle.png", cache).startswith("cannot be read: ")


def test_a_picture_that_cannot_be_shown_is_tried_once_in_its_life(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (tmp_path / "text.png").write_bytes(b"words")
    first = reason(tmp_path / "text.png", cache)
    note = next(cache.rglob("*.json"))
    note.write_text(json.dumps({"reason": "was remembered"}), encoding="utf-8")
    assert first != reason(tmp_path / "text.png", cache) == "was remembered"


@pytest.mark.parametrize("step", ["open", "exif_transpose", "resize"])
def test_a_picture_for_which_there_was_no_memory_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def starve(*_: object, **__: object) -> None:
        raise MemoryError

    picture = saved(tmp_path / "a.png", (64, 64))
    place = {"open": Image, "exif_transpose": ImageOps, "resize": Image.Image}[step]
    with monkeypatch.context() as patch:
        patch.setattr(place, step, starve)
        assert reason(picture, tmp_path / "cache") == "needs more memory than there was"
    assert widths(picture, tmp_path / "cache") == [(64, 64)]


def test_a_suffix_that_lies_does_no_harm(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", (64, 64)).rename(tmp_path / "a.svg")
    assert widths(tmp_path / "a.svg", tmp_path / "cache") == [(64, 64)]


def test_of_a_picture_that_moves_the_first_frame_is_shown(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ((200, 30, 30), (0, 0, 255))]
    for name in ("a.gif", "a.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        picture = make_picture(tmp_path / name, tmp_path / "cache")
        assert picture
        assert picture.colour == "#c81e1e"
        with Image.open(picture.variants[0].file) as image:
            assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_pixel_is_understood(tmp_path: Path, mode: str) -> None:
    name = "a.jpg" if mode == "CMYK" else "a.png"
    Image.new(mode, (40, 40), 1).save(tmp_path / name)
    assert widths(tmp_path / name, tmp_path / "cache") == [(40, 40)]


def test_a_picture_of_sixteen_bits_keeps_its_light_and_dark(tmp_path: Path) -> None:
    Image.new("I;16", (40, 40), 0x4040).save(tmp_path / "a.png")
    picture = make_picture(tmp_path / "a.png", tmp_path / "cache")
    assert picture
    assert picture.colour == "#404040"


def test_profiles_and_notes_are_gone_too(tmp_path: Path) -> None:
    secrets: dict[str, Any] = {"icc_profile": b"secret-icc" * 20, "xmp": b"<x:xmpmeta>secret-xmp</x:xmpmeta>"}
    picture = make_picture(saved(tmp_path / "a.webp", (400, 200), **secrets), tmp_path / "cache")
    assert picture
    assert all(b"secret" not in Path(variant.file).read_bytes() for variant in picture.variants)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_note_of_the_camera_is_no_reason_to_show_nothing(tmp_path: Path) -> None:
    source = saved(tmp_path / "a.jpg", (40, 40), exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert widths(source, tmp_path / "cache") == [(40, 40)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_no_damage_to_a_picture_stops_a_build(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    content = bytearray(SMALL[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    source = tmp_path / "fuzzed"
    source.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    with PictureMaker(tmp_path / "cache") as maker:
        assert isinstance(maker.make(source), Picture | Unreadable)


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(MissingError, match="cannot be written"):
        make_picture(saved(tmp_path / "a.png"), tmp_path / "cache")


def files_in(folder: Path) -> dict[PurePosixPath, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {PurePosixPath(path.relative_to(folder)): str(path) for path in found}


def test_an_entry_has_a_preview_a_gallery_and_what_its_documents_show(tmp_path: Path) -> None:
    folder = tmp_path / "extension"
    (folder / "docs").mkdir(parents=True)
    for name in ("preview.png", "docs/one.png", "docs/two words.png", "docs/unused.png"):
        saved(folder / name, (len(name), 10))
    (folder / "broken.png").write_bytes(b"words")
    files = files_in(folder)
    facts = SiteFacts(
        readme="![1](docs/one.png) ![2](docs/two%20words.png) ![3](broken.png)",
        picture=str(folder / "preview.png"),
        notes=CatalogNotes(gallery=("./docs/one.png", "missing.png", "../../etc/x.png")),
        files=files,
    )
    made = make_pictures({"app": facts, "plain": SiteFacts()}, tmp_path / "cache")
    assert set(made) == {"app"}
    pictures = made["app"]
    assert pictures.preview
    assert [one.largest.width for one in pictures.gallery] == [len("docs/one.png")]
    assert set(pictures.shown) == {PurePosixPath("docs/one.png"), PurePosixPath("docs/two words.png")}
    assert {one.file for one in pictures.unreadable} == {"broken.png", "missing.png", "../../etc/x.png"}
    assert len(list(pictures.all())) == 4


def test_an_unreadable_preview_is_a_placeholder_and_a_note(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"words")
    facts = SiteFacts(picture=str(tmp_path / "a.png"), files=files_in(tmp_path))
    made = make_pictures({"app": facts}, tmp_path / "cache")["app"]
    assert made.preview is None
    assert made.unreadable == (Unreadable("a.png", "is no PNG, JPEG, WebP, GIF or SVG picture"),)
