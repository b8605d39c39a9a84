"""Draws the preview pictures of those samples whose page is not worth a photograph.

In: a name, a few words and a sign for each sample, below. Out: `preview.png` in its folder, 1280 by 800
pixels and about 20 KB. Nothing but pillow's own font is used, so that every machine draws the same. Run it as
`python -m scripts.draw_previews`; `scripts/take_previews.py` photographs the others as they run.
"""

from __future__ import annotations

import itertools
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable

EXTENSIONS = Path(__file__).resolve().parents[1] / "extensions"
SIZE = (1280, 800)
SCALE = 2  # drawn larger, then made smaller, so that edges are smooth
COLOURS = 96
Point = tuple[float, float]


@dataclass(frozen=True)
class Card:
    """One picture: where it goes, what it says, its two colours (dark and light), and its sign."""

    folder: str
    title: str
    text: tuple[str, ...]
    dark: str
    light: str
    sign: Callable[[Pen], None]


class Pen:
    """Draws in units of the finished picture, in one of the card's colours."""

    def __init__(self, picture: Image.Image, card: Card) -> None:
        self._draw = ImageDraw.Draw(picture)
        self.dark, self.light = card.dark, card.light

    def box(self, corner: Point, size: Point, colour: str, radius: float = 14) -> None:
        """A rectangle with round corners."""
        (x, y), (width, height) = corner, size
        corners = [(x * SCALE, y * SCALE), ((x + width) * SCALE, (y + height) * SCALE)]
        self._draw.rounded_rectangle(corners, radius * SCALE, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled circle around a point."""
        self._draw.circle((x * SCALE, y * SCALE), radius * SCALE, fill=colour)

    def line(self, points: list[Point], colour: str, width: float) -> None:
        """A line with round ends and corners."""
        for start, end in itertools.pairwise(points):
            scaled = [(x * SCALE, y * SCALE) for x, y in (start, end)]
            self._draw.line(scaled, fill=colour, width=round(width * SCALE))
        for x, y in points:
            self.disc(x, y, width / 2, colour)

    def text(self, place: Point, text: str, size: float, colour: str, anchor: str = "la") -> None:
        """Text at a point; `anchor` is pillow's word for which part of the text that is."""
        x, y = place
        font = ImageFont.load_default(size * SCALE)
        self._draw.text((x * SCALE, y * SCALE), text, font=font, fill=colour, anchor=anchor)


def _board(pen: Pen) -> None:
    for row, (colour, width) in enumerate(
        [("#e2574c", 230), ("#e0a53d", 300), ("#35b37e", 260), ("#35b37e", 190)]
    ):
        y = 210 + row * 104
        pen.box((720, y), (430, 78), "#ffffff")
        pen.disc(764, y + 39, 15, colour)
        pen.box((806, y + 29), (width, 20), pen.light, 10)


def _summary(pen: Pen) -> None:
    pen.box((700, 190), (300, 420), "#ffffff")
    for row in range(11):
        width = 150 if row in {3, 7} else 240
        pen.box((730, 226 + row * 33), (width, 12), pen.dark if row in {2, 6} else pen.light, 6)
    pen.line([(1030, 400), (1086, 400)], "#ffffff", 12)
    pen.line([(1064, 376), (1090, 400), (1064, 424)], "#ffffff", 12)
    for row, width in enumerate((110, 84)):
        pen.box((1116, 376 + row * 33), (width, 14), "#ffffff", 7)


def _roster(pen: Pen) -> None:
    for row, (width, is_on) in enumerate([(190, True), (150, True), (210, False)]):
        y = 220 + row * 134
        pen.box((720, y), (430, 104), "#ffffff")
        pen.disc(780, y + 40, 17, pen.dark if is_on else pen.light)
        pen.box((752, y + 62), (56, 26), pen.dark if is_on else pen.light, 13)
        pen.box((836, y + 32), (width, 16), pen.dark if is_on else pen.light, 8)
        pen.box((836, y + 60), (width * 0.6, 12), pen.light, 6)


def _subnets(pen: Pen) -> None:
    pen.box((700, 230), (470, 340), "#ffffff", 20)
    blocks = [
        (0, 0, 226, 312),
        (234, 0, 208, 152),
        (234, 160, 100, 152),
        (342, 160, 100, 72),
        (342, 240, 100, 72),
    ]
    for index, (x, y, width, height) in enumerate(blocks):
        pen.box((714 + x, 244 + y), (width, height), pen.dark if index % 2 == 0 else pen.light)
    sizes = [((827, 400), "/24", "#ffffff"), ((1052, 320), "/25", pen.dark), ((998, 480), "/26", "#ffffff")]
    sizes += [((1106, 440), "/27", pen.dark), ((1106, 520), "/27", "#ffffff")]
    for place, text, colour in sizes:
        pen.text(place, text, 34, colour, "mm")


def _database(pen: Pen) -> None:
    pen.line([(935, 320), (790, 560)], pen.light, 8)
    pen.line([(935, 320), (1080, 560)], pen.light, 8)
    for x, y, text in ((935, 300, "milvus"), (790, 560, "etcd"), (1080, 560, "minio")):
        pen.box((x - 110, y - 64), (220, 128), "#ffffff", 22)
        pen.text((x, y), text, 36, pen.dark, "mm")


def _calendar(pen: Pen) -> None:
    pen.box((730, 200), (420, 420), "#ffffff", 24)
    pen.box((730, 200), (420, 90), pen.light, 24)
    pen.box((730, 250), (420, 40), pen.light, 0)
    for x in (830, 1050):
        pen.line([(x, 176), (x, 226)], "#ffffff", 18)
    for day in range(28):
        x, y = 766 + day % 7 * 52, 318 + day // 7 * 72
        colour = "#e9edf3" if day % 7 in {5, 6} else pen.light
        pen.box((x, y), (36, 44), colour, 9)
    pen.box((870, 462), (36, 44), pen.dark, 9)


def _units(pen: Pen) -> None:
    pen.box((700, 240), (480, 130), "#ffffff", 22)
    pen.text((940, 305), "25 kn", 58, pen.dark, "mm")
    pen.line([(940, 386), (940, 428)], "#ffffff", 10)
    pen.line([(920, 412), (940, 432), (960, 412)], "#ffffff", 10)
    pen.box((700, 448), (480, 130), "#ffffff", 22)
    pen.text((940, 513), "46.3 km/h", 58, pen.dark, "mm")
    for tick in range(25):
        pen.line([(704 + tick * 19.7, 612), (704 + tick * 19.7, 640 if tick % 5 == 0 else 626)], pen.light, 4)


CARDS = (
    Card(
        "apps/summary-desk",
        "Summary Desk",
        ("Long texts,", "made short"),
        "#4b2a86",
        "#d9ccf3",
        _summary,
    ),
    Card("apps/duty-roster", "Duty Roster", ("Who is on duty", "right now"), "#0c5a54", "#c4e4df", _roster),
    Card(
        "apps/subnet-planner",
        "Subnet Planner",
        ("A network, cut", "without waste"),
        "#1d469e",
        "#ccdbf8",
        _subnets,
    ),
    Card(
        "apps/status-board",
        "Status Board",
        ("What works and what", "does not, for everybody", "at once"),
        "#1c2f4a",
        "#cfd9e8",
        _board,
    ),
    Card(
        "services/service-milvus",
        "Milvus",
        ("Vectors, with etcd", "and an object store"),
        "#0b5e80",
        "#bfe0ee",
        _database,
    ),
    Card(
        "tools/tool-calendar",
        "Calendar",
        ("Days, working days,", "weeks, time zones"),
        "#8a3324",
        "#f4cfc6",
        _calendar,
    ),
    Card(
        "tools/mcp-unit-convert",
        "Unit Converter",
        ("From one unit", "to another"),
        "#5b5312",
        "#e9e2b4",
        _units,
    ),
)


def draw(card: Card) -> Image.Image:
    """The picture of a card."""
    picture = _ground(card)
    pen = Pen(picture, card)
    pen.text((96, 300), card.title, 64, "#ffffff")
    pen.box((100, 392), (84, 8), card.light, 4)
    for row, text in enumerate(card.text):
        pen.text((98, 424 + row * 46), text, 32, card.light)
    card.sign(pen)
    small = picture.resize(SIZE, Image.Resampling.LANCZOS)
    return small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def _ground(card: Card) -> Image.Image:
    """The card's dark colour with a few large rings, so that the flat ground has some depth."""
    picture = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), card.dark)
    pen = Pen(picture, card)
    red, green, blue = (int(card.dark[at : at + 2], 16) for at in (1, 3, 5))
    for ring in range(4, 0, -1):
        part = 0.05 * (5 - ring) / math.sqrt(2)
        mixed = (round(value + (255 - value) * part) for value in (red, green, blue))
        pen.disc(1010, 400, 110 + ring * 130, "#" + "".join(f"{value:02x}" for value in mixed))
    return picture


def main() -> int:
    """Draws all pictures."""
    for card in CARDS:
        path = EXTENSIONS / card.folder / "preview.png"
        draw(card).save(path, optimize=True)
        print(f"drew {path.relative_to(EXTENSIONS)}, {path.stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
