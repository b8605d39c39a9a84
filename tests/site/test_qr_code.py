"""QR codes: what a reader makes of the drawn picture is the address of the page, and nothing else."""

from __future__ import annotations

import io
import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import resvg_py
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalog.site.facts import SiteOptions
from catalog.site.qr_code import QrCode, page_address, qr_code
from tests.site.building import build, pages_of
from tests.site.sample import HOSTILE, REGISTRY

if TYPE_CHECKING:
    from catalog.site.shell import Shell

SVG = "{http://www.w3.org/2000/svg}"
BASE = "https://catalog.acme.test"
LONGEST = 2953


def code_of(base_url: str, name: str) -> QrCode:
    code = qr_code(base_url, name)
    assert code is not None
    return code


def read(picture: bytes, side: int) -> str:
    """What a reader of codes finds in the picture, drawn on grey so that only its own quiet zone counts."""
    drawn = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=picture.decode(), width=side))))
    ground = Image.new("RGB", (side + 80, side + 80), "#777777")
    ground.paste(drawn, (40, 40), drawn)
    (found,) = zxingcpp.read_barcodes(ground)
    return found.text


@pytest.mark.parametrize(
    ("base_url", "name"),
    list(product([BASE, "http://10.0.0.5:8080/", "https://acme.test/a/b"], ["notes", "a" * 63, HOSTILE])),
)
def test_a_reader_finds_the_address_of_the_page(base_url: str, name: str) -> None:
    code = code_of(base_url, name)
    assert read(code.picture, code.side) == code.address == page_address(base_url, name)


def test_the_address_is_that_of_the_page_on_the_published_website() -> None:
    assert page_address(f"{BASE}/", "notes") == f"{BASE}/site/extensions/notes.html"


@pytest.mark.parametrize(
    ("base_url", "start"),
    [
        ("https://müller.test/käse", "https://m%C3%BCller.test/k%C3%A4se/site/"),
        ("https://acme.test/a%20b", "https://acme.test/a%20b/site/"),
        ('https://acme.test/"<>\\^`{|}', "https://acme.test/%22%3C%3E%5C%5E%60%7B%7C%7D/site/"),
        ("https://[::1]:8443/a;b,c=d", "https://[::1]:8443/a;b,c=d/site/"),
    ],
)
def test_an_address_is_written_in_characters_that_every_reader_takes(base_url: str, start: str) -> None:
    code = code_of(base_url, "notes")
    assert code.address == f"{start}extensions/notes.html"
    assert read(code.picture, code.side) == code.address


@settings(deadline=None, max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="/?#"), max_size=60))
def test_any_base_url_can_be_read_back(path: str) -> None:
    code = code_of(f"{BASE}/{path}", "notes")
    assert code.address.isascii()
    assert read(code.picture, code.side) == code.address


def test_without_a_base_url_there_is_none() -> None:
    assert (page_address("", "notes"), qr_code("", "notes")) == ("", None)


def test_the_longest_address_that_a_code_holds_has_one_and_a_longer_one_has_none() -> None:
    rest = LONGEST - len(page_address(BASE, "notes")) - 1
    code = code_of(f"{BASE}/{'a' * rest}", "notes")
    assert len(code.address) == LONGEST
    assert read(code.picture, code.side) == code.address
    assert qr_code(f"{BASE}/{'a' * (rest + 1)}", "notes") is None


def test_the_picture_brings_its_quiet_zone_and_loads_nothing() -> None:
    code = code_of(BASE, "notes")
    picture = ET.fromstring(code.picture)  # noqa: S314  # what we wrote
    modules = int(picture.get("viewBox", "").split()[-1])
    assert code.side == 4 * modules
    ground, dark = picture.iter(f"{SVG}path")
    assert (ground.get("fill"), ground.get("d")) == ("#fff", f"M0 0h{modules}v{modules}h-{modules}z")
    assert (dark.get("stroke"), dark.get("d", "")[:6]) == ("#000", "M4 4.5")
    assert {name for element in picture.iter() for name in element.attrib} == {
        "viewBox",
        "fill",
        "stroke",
        "d",
    }


def test_a_website_with_a_base_url_has_a_code_for_each_entry(plain: Shell) -> None:
    files = build(plain, options=SiteOptions("A", base_url=BASE))
    pages = pages_of(files)
    for entry in REGISTRY.entries:
        code = code_of(BASE, entry.name)
        shown = pages[code.address.removeprefix(f"{BASE}/")].partition('<figure class="page-code">')[2]
        size = f'width="{code.side}" height="{code.side}"'
        assert f'<img src="../{code.href}" {size} alt="QR code: the web address of this page">' in shown
        assert f'<a href="{code.address}">{code.address}</a>' in shown
        assert files[f"site/{code.href}"] == code.picture
    codes = [path for path in files if path.startswith("site/qr/")]
    assert len(codes) == len(REGISTRY.entries)


def test_a_website_without_one_has_none_on_any_page(files: dict[str, bytes]) -> None:
    assert [path for path in files if "/qr/" in path] == []
    assert [path for path, text in pages_of(files).items() if "page-code" in text] == []


def test_pages_whose_address_no_code_can_hold_are_as_without(plain: Shell) -> None:
    files = build(plain, options=SiteOptions("A", base_url=f"{BASE}/{'a' * LONGEST}"))
    assert [path for path in files if path.startswith("site/qr/")] == []
    assert not any("page-code" in text for text in pages_of(files).values())


def test_the_same_address_makes_the_same_bytes(plain: Shell) -> None:
    options = SiteOptions("A", base_url=BASE)
    assert build(plain, options=options) == build(plain, options=options)


def test_nothing_is_imported_for_codes_before_the_first_one() -> None:
    program = (
        "import sys; import catalog.site.pages; from catalog.site.qr_code import qr_code;"
        "qr_code('', 'notes'); assert 'segno' not in sys.modules; qr_code('http://a.test', 'notes');"
        "assert 'segno' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
