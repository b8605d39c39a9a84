"""Text can be read on what it stands on: contrast of 4.5 to 1 (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.errors import UsageError
from catalog.model.colour import Colour
from catalog.site.accent import accented
from tests.site.sample import TEMPLATES

ASSETS = TEMPLATES / "assets"
SURFACES = ("bg", "surface", "sunken")
ON_SURFACES = ("ink", "muted")
ON_SURFACE = ("accent", "app", "service", "tool", "bad", "warn", "good")
CODE = ("code-key", "code-string", "code-number", "code-name", "code-comment", "ink")
PAIRS = [
    *((text, ground) for text in ON_SURFACES for ground in SURFACES),
    *((text, "surface") for text in ON_SURFACE),
    *((text, "sunken") for text in CODE),
    ("accent", "bg"),
    ("surface", "accent"),
    ("ink", "accent-soft"),
    *((name, f"{name}-soft") for name in ("accent", "good", "warn", "bad")),
]


def colours(*sheets: str) -> dict[str, str]:
    text = "".join((ASSETS / sheet).read_text(encoding="utf-8") for sheet in sheets)
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


def contrast(one: str, other: str) -> float:
    return Colour.parse(one).contrast(Colour.parse(other))


@pytest.mark.parametrize("sheets", [("catalog.css",), ("catalog.css", "dark.css")], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(sheets: tuple[str, ...], text: str, ground: str) -> None:
    theme = colours(*sheets)
    assert contrast(theme[text], theme[ground]) >= 4.5


def test_the_letters_of_placeholders_stand_out() -> None:
    style = (ASSETS / "catalog.css").read_text(encoding="utf-8")
    tints = re.findall(r"--tint: (#[0-9a-f]{6})", style)
    assert [tint for tint in tints if contrast("#ffffff", tint) < 4.5] == []


def test_dark_replaces_every_colour() -> None:
    light = re.findall(r"--([a-z-]+): #", (ASSETS / "catalog.css").read_text(encoding="utf-8"))
    assert {name for name in light if name != "tint"} == set(colours("dark.css"))


SHEETS = {name: (ASSETS / name).read_bytes() for name in ("catalog.css", "dark.css")}


def themed(accent: str, accent_dark: str = "") -> tuple[dict[str, str], dict[str, str]]:
    """The colours in the light and in the dark with these accents."""
    made = {name: content.decode() for name, content in accented(SHEETS, accent, accent_dark).items()}
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", made["catalog.css"]))
    return light, light | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", made["dark.css"]))


@settings(deadline=None, max_examples=40)
@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_an_accent_can_be_read_everywhere_or_is_refused(accent: str) -> None:
    try:
        themes = themed(accent)
    except UsageError as error:
        nearest = re.search(r"#[0-9a-f]{6}", error.hint)
        assert nearest
        themes = themed(nearest[0])
    for theme in themes:
        for text, ground in (
            ("accent", "surface"),
            ("accent", "bg"),
            ("accent", "accent-soft"),
            ("ink", "accent-soft"),
        ):
            assert contrast(theme[text], theme[ground]) >= 4.5


def test_an_accent_that_nobody_could_read_is_refused_with_the_figures() -> None:
    with pytest.raises(UsageError, match=r"'accent' .* is #ffcc00, .* by 1\.\d to 1; .* 4\.5 to 1") as caught:
        themed("#ffcc00")
    assert caught.value.hint.startswith("The nearest colour that can be read is #")


def test_a_dark_accent_of_ones_own_is_checked_on_dark_grounds() -> None:
    assert themed("#0b5cad", "#7cc4ff")[1]["accent"] == "#7cc4ff"
    with pytest.raises(UsageError, match="'accent_dark'"):
        themed("#0b5cad", "#0b5cad")


def test_without_an_accent_the_style_sheets_stay_as_they_are() -> None:
    assert accented(SHEETS, "", "") == SHEETS


def test_only_a_dark_accent_leaves_the_light_one() -> None:
    light, dark = themed("", "#7cc4ff")
    assert (light["accent"], dark["accent"]) == (colours("catalog.css")["accent"], "#7cc4ff")


@pytest.mark.parametrize("accent", ["teal", "#fff", "#0c6b64;}"])
def test_what_is_no_colour_never_gets_into_a_style_sheet(accent: str) -> None:
    with pytest.raises(UsageError, match="not a colour"):
        themed(accent)


def test_style_sheets_of_ones_own_have_to_say_their_grounds() -> None:
    with pytest.raises(UsageError, match="says no --bg"):
        accented({"catalog.css": b"p{}", "dark.css": b""}, "#0c6b64", "")
