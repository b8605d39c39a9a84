"""Preview pictures: a PNG, JPEG, WebP or GIF file in, WebP files of the widths that pages use out.

What comes out has no metadata. It is cached by the source's SHA-256 and the recipe, so a picture is
scaled once in its life; a picture that cannot be read is no picture, and its page shows the placeholder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import PIL
from PIL import Image, ImageOps

from catalog.site.picture import WIDTHS, Picture, Variant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.site.facts import SiteFacts

RECIPE = f"1-pillow-{PIL.__version__}"
"""Part of every cache key: another recipe or encoder may write other bytes."""
MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_QUALITY = 80
_EFFORT = 4
_NAME_LENGTH = 16

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def make_pictures(facts: Mapping[str, SiteFacts], cache: Path) -> dict[str, Picture]:
    """The pictures of all entries that have a readable one, by name."""
    made = ((name, make_picture(Path(fact.picture), cache)) for name, fact in facts.items() if fact.picture)
    return {name: picture for name, picture in made if picture is not None}


def make_picture(source: Path, cache: Path) -> Picture | None:
    """The picture in `source` in all widths, from `cache` if it is there.

    None when it is no picture of the accepted formats, is broken, or has over 50 million pixels.
    """
    try:
        with source.open("rb") as file:
            key = hashlib.file_digest(file, "sha256").hexdigest()
        folder = cache / RECIPE / key[:2]
        return _cached(folder, key) or _make(source, folder, key)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None  # Pillow raises each of these for files that are broken or lie about themselves


def _cached(folder: Path, key: str) -> Picture | None:
    try:
        note = json.loads((folder / f"{key}.json").read_text())
        return _picture(folder, key, note)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _make(source: Path, folder: Path, key: str) -> Picture:
    image = _read(source)
    folder.mkdir(parents=True, exist_ok=True)
    note: dict[str, Any] = {"colour": _average_colour(image), "sizes": []}
    for width in sorted({min(width, image.width) for width in WIDTHS}):
        height = max(1, round(image.height * width / image.width))
        _save(image.resize((width, height), Image.Resampling.LANCZOS), folder / _name(key, width))
        note["sizes"].append([width, height])
    _replace(folder / f"{key}.json", json.dumps(note).encode())
    return _picture(folder, key, note)


def _read(source: Path) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(source, formats=FORMATS) as file:
            file.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
            turned = ImageOps.exif_transpose(file)
            return turned.convert("RGBA" if turned.has_transparency_data else "RGB")


def _average_colour(image: Image.Image) -> str:
    if image.mode == "RGBA":
        return ""  # a logo would vanish in a box of its own colour
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _save(image: Image.Image, path: Path) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        image.save(file, "WEBP", quality=_QUALITY, method=_EFFORT, exif=b"", icc_profile=b"", xmp=b"")
    Path(name).replace(path)


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).replace(path)


def _picture(folder: Path, key: str, note: dict[str, Any]) -> Picture:
    variants = tuple(
        Variant(
            f"{key[:_NAME_LENGTH]}-{width}.webp", int(width), int(height), str(folder / _name(key, width))
        )
        for width, height in note["sizes"]
    )
    if not variants or not all(Path(variant.file).is_file() for variant in variants):
        raise ValueError("the cache lost a variant")
    return Picture(variants, str(note["colour"]))


def _name(key: str, width: int) -> str:
    return f"{key}-{width}.webp"
