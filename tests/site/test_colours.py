"""Text can be read on what it stands on: contrast of 4.5 to 1 (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re

import pytest

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


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


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
