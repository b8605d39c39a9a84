"""SVG pictures: drawn once, without scripts, without references, within bounds."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from catalog.errors import MissingError
from catalog.site.picture import Picture
from catalog.site.pictures import PictureMaker
from catalog.site.svg_picture import SvgPainter
from catalog.site.svg_source import SvgError, safe_svg

if TYPE_CHECKING:
    from collections.abc import Iterator

SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
WIDE = 'width="100" height="50"'
RED = (255, 0, 0, 255)


def svg(content: str = '<rect width="100%" height="100%" fill="red"/>', size: str = WIDE) -> bytes:
    return f"<svg {SVG} {size}>{content}</svg>".encode()


@pytest.fixture(scope="module")
def painter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SvgPainter]:
    with SvgPainter(tmp_path_factory.mktemp("cache")) as painter:
        yield painter


def middle(painter: SvgPainter, content: bytes) -> object:
    image, _ = painter.draw(content)
    return image.getpixel((image.width // 2, image.height // 2))


@pytest.mark.parametrize(
    ("size", "drawn", "own"),
    [
        ('width="100" height="50"', (640, 320), 100),
        ('width="2000" height="1000"', (960, 480), 2000),
        ('width="1in" height="0.5in"', (640, 320), 96),
        ('viewBox="0 0 24 24"', (640, 640), 24),
        ('width="100%" height="100%" viewBox="0,0,800,400"', (800, 400), 800),
        ('width="10" height="90000"', (1, 1920), 10),
    ],
)
def test_a_drawing_is_as_large_as_pages_need_it(
    painter: SvgPainter, size: str, drawn: tuple[int, int], own: int
) -> None:
    image, width = painter.draw(svg(size=size))
    assert image.size == drawn
    assert width == own


def test_an_svg_becomes_webp_in_the_widths_of_pages(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_bytes(svg(size='viewBox="0 0 960 480"'))
    with PictureMaker(tmp_path / "cache") as maker:
        picture = maker.make(tmp_path / "a.svg")
    assert isinstance(picture, Picture)
    assert [variant.width for variant in picture.variants] == [320, 640, 960]
    assert picture.natural_width == 960
    for variant in picture.variants:
        with Image.open(variant.file) as image:
            assert image.format == "WEBP"


def test_a_small_drawing_is_shown_small_in_a_text(tmp_path: Path) -> None:
    (tmp_path / "badge.svg").write_bytes(svg(size='width="90" height="20"'))
    with PictureMaker(tmp_path / "cache") as maker:
        picture = maker.make(tmp_path / "badge.svg")
    assert isinstance(picture, Picture)
    assert picture.natural_width == 90


def test_styles_and_parts_that_are_used_twice_are_drawn(painter: SvgPainter) -> None:
    content = '<style>.a{fill:red}</style><defs><rect id="r" width="100" height="50" class="a"/></defs>'
    assert middle(painter, svg(f'{content}<use xlink:href="#r"/>')) == RED


def test_words_are_drawn_with_a_font_of_our_own(painter: SvgPainter) -> None:
    image, _ = painter.draw(svg('<text x="5" y="30" font-family="No Such Font">words</text>'))
    assert image.getbbox() is not None


def test_an_embedded_picture_is_drawn(painter: SvgPainter) -> None:
    file = io.BytesIO()
    Image.new("RGB", (10, 10), "red").save(file, "PNG")
    address = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    content = f'<image width="100" height="50" preserveAspectRatio="none" href="{address}"/>'
    assert middle(painter, svg(content)) == RED


@pytest.mark.parametrize("attribute", ["href", "xlink:href", "HREF"])
@pytest.mark.parametrize("form", ["{}", "file://{}", " {}", "data:image/svg+xml,{}"])
def test_no_file_of_the_machine_gets_into_a_drawing(
    tmp_path: Path, painter: SvgPainter, attribute: str, form: str
) -> None:
    Image.new("RGB", (10, 10), "red").save(tmp_path / "secret.png")
    address = form.format(tmp_path / "secret.png")
    content = f'<image width="100" height="50" {attribute}="{address}"/>'
    assert middle(painter, svg(content)) == (0, 0, 0, 0)
    assert "secret" not in safe_svg(svg(content)).text


def test_nothing_that_acts_stays_in_what_is_drawn() -> None:
    text = safe_svg(
        svg(
            '<script>alert(1)</script><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>'
            '<g onload="alert(1)"><a href="javascript:alert(1)"><rect/></a></g><script>2</script>'
        )
    ).text
    assert "alert" not in text
    assert "xhtml" not in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'<!DOCTYPE svg [<!ENTITY a "aaa">]><svg xmlns="http://www.w3.org/2000/svg"/>', "entities"),
        (b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg/>', "entities"),
        (b'<!DOCTYPE svg [<!ENTITY % a SYSTEM "http://e.test/">%a;]><svg/>', "entities"),
        (b"<svg", "is no SVG"),
        (b"<svg/>", "namespace"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "root"),
        (b"\xff\xfe<\x00", "is no SVG"),
        (b"<?xml version='1.0' encoding='klingon'?><svg/>", "is no SVG"),
        (svg("<g>" * 300 + "</g>" * 300), "levels deep"),
        (svg("<g/>" * 100_001), "elements"),
        (svg(size='width="1e9" height="1"'), "pixels wide or high"),
        (svg(size='width="1" viewBox="0 0 1 1e300"'), "pixels wide or high"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # some contents are long
)
def test_an_svg_that_means_harm_is_refused_before_it_is_drawn(content: bytes, why: str) -> None:
    with pytest.raises(SvgError, match=why):
        safe_svg(content)


def test_a_document_type_alone_is_no_harm() -> None:
    head = (
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    )
    assert safe_svg(head + svg()).width == 100


@given(st.binary(max_size=200) | st.text(alphabet="<>/svgxmln=\"' &;!-[]", max_size=120).map(str.encode))
def test_any_bytes_are_an_svg_or_are_refused(content: bytes) -> None:
    with suppress(SvgError):
        assert safe_svg(content).text.startswith("<")


ADDRESSES = st.sampled_from(
    ["/etc/passwd", "file:///x", "//e.test/x", "#a", "data:text/html,x", "http://e.test", "x.png"]
)
NAMES = st.sampled_from(["href", "xlink:href", "onclick", "src", "fill", "xml:base", "id"])
TAGS = st.sampled_from(["image", "use", "g", "a", "script", "feImage", "pattern", "foreignObject", "style"])


@given(st.lists(st.tuples(TAGS, NAMES, ADDRESSES), max_size=8))
def test_no_reference_out_of_an_svg_survives(parts: list[tuple[str, str, str]]) -> None:
    inside = "".join(f'<{tag} {name}="{address}">' for tag, name, address in parts)
    closing = "".join(f"</{tag}>" for tag, _, _ in reversed(parts))
    text = safe_svg(svg(inside + closing)).text
    for mark in (
        'href="/',
        'href="file',
        'href="http',
        'href="x',
        'href="data:text',
        "onclick=",
        "script",
        "base=",
    ):
        assert mark not in text


def test_one_that_fills_the_memory_ends_only_itself(painter: SvgPainter) -> None:
    layers = '<g opacity="0.9">' * 190 + '<rect width="900" height="1900"/>' + "</g>" * 190
    with pytest.raises(SvgError, match="takes more than 5 seconds or 1024 MB"):
        painter.draw(svg(layers, 'width="960" height="1920"'))
    assert middle(painter, svg()) == RED


def test_parts_that_use_one_another_without_end_are_refused(painter: SvgPainter) -> None:
    parts = "".join(f'<g id="u{n}">' + f'<use xlink:href="#u{n - 1}"/>' * 10 + "</g>" for n in range(1, 12))
    content = f'<defs><rect id="u0" width="1" height="1"/>{parts}</defs><use xlink:href="#u11"/>'
    with pytest.raises(SvgError, match="cannot be drawn"):
        painter.draw(svg(content))


@pytest.mark.slow
def test_one_that_takes_too_long_ends_only_itself(painter: SvgPainter) -> None:
    noise = '<filter id="f"><feTurbulence baseFrequency="0.9" numOctaves="1000000"/></filter>'
    with pytest.raises(SvgError, match="takes more than 5 seconds"):
        painter.draw(
            svg(f'{noise}<rect filter="url(#f)" width="960" height="960"/>', 'width="960" height="960"')
        )
    assert middle(painter, svg()) == RED


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_to_an_svg_stops_a_build(painter: SvgPainter, data: st.DataObject) -> None:
    content = bytearray(svg('<g id="a"><path d="M0 0 L9 9" stroke="red"/></g><use href="#a" x="4"/>'))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(SvgError):
        painter.draw(bytes(content))


def test_ctrl_c_does_not_reach_the_worker(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from catalog.site.svg_picture import SvgPainter

signal.signal(signal.SIGINT, lambda *_: None)
with SvgPainter(Path({str(tmp_path)!r})) as painter:
    for _ in range(2):
        print(painter.draw(b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')[1])
        os.killpg(0, signal.SIGINT)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, start_new_session=True
    )
    assert (done.stdout, done.stderr) == ("8\n8\n", "")


def test_a_worker_that_does_not_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with SvgPainter(tmp_path) as painter, pytest.raises(MissingError, match="SVG pictures cannot be drawn"):
        painter.draw(svg())


def test_the_same_svg_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_bytes(svg('<text x="5" y="30">words</text><circle cx="50" cy="25" r="20"/>'))
    written = []
    for cache in (tmp_path / "one", tmp_path / "two"):
        with PictureMaker(cache) as maker:
            picture = maker.make(tmp_path / "a.svg")
        assert isinstance(picture, Picture)
        written.append([Path(variant.file).read_bytes() for variant in picture.variants])
    assert written[0] == written[1]
