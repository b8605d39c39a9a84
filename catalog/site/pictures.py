"""One picture file of an author -> WebP files of the widths that pages use, without any metadata.

They are cached by the source's SHA-256 and the recipe, so a picture is scaled once in its life. A file that
cannot be shown costs a bounded time, is remembered with its reason, and stops nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import PIL
from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.errors import MissingError
from catalog.model.picture import MAX_PICTURE_BYTES
from catalog.site.picture import WIDTHS, Picture, Unreadable, Variant
from catalog.site.svg_picture import SvgPainter
from catalog.site.svg_source import SvgError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RECIPE = f"2-pillow-{PIL.__version__}"
"""Part of every cache key: another recipe or encoder may write other bytes."""
MAX_PIXELS = 50_000_000
MAX_HEIGHT = 16_383
"""Pixels: no WebP file is higher."""
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
NO_PICTURE = "is no PNG, JPEG, WebP, GIF or SVG picture"
NO_MEMORY = "needs more memory than there was"
_QUALITY = 80
_EFFORT = 4
_NAME_LENGTH = 16
_SNIFFED = 1024
"""Bytes at the start of a file in which an SVG has its first element."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Large pictures are refused below, by our own message; what Pillow says of metadata is about what is dropped.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def make_picture(source: Path, cache: Path) -> Picture | None:
    """The picture in `source` in all widths, from `cache` if it is there; None if it cannot be shown.

    Raises:
        MissingError: the cache cannot be written.
    """
    with PictureMaker(cache) as maker:
        made = maker.make(source)
    return made if isinstance(made, Picture) else None


class PictureMaker:
    """Makes pictures; several threads may ask at once. Leaving it ends the process that draws SVG files."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache / RECIPE
        self._painter = SvgPainter(self._cache)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._painter.__exit__()

    def make(self, source: Path) -> Picture | Unreadable:
        """The picture in `source`, from the cache if it is there.

        Raises:
            MissingError: the cache cannot be written.
        """
        try:
            content = _content(source)
        except OSError as error:
            return Unreadable(source.name, f"cannot be read: {(error.strerror or str(error)).lower()}")
        if len(content) > MAX_PICTURE_BYTES:
            return Unreadable(source.name, f"has more than {MAX_PICTURE_BYTES >> 20} MiB")
        key = hashlib.sha256(content).hexdigest()
        folder = self._cache / key[:2]
        try:
            note = _cached(folder, key) or self._made(content, folder, key)
        except MemoryError:  # tells of this machine, not of the picture, so it is not remembered
            return Unreadable(source.name, NO_MEMORY)
        return Unreadable(source.name, note["reason"]) if "reason" in note else _picture(folder, key, note)

    def _made(self, content: bytes, folder: Path, key: str) -> dict[str, Any]:
        """The note of a picture that is made now, with its files in the cache."""
        read = self._read(content)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            note = {"reason": read} if isinstance(read, str) else _scaled(*read, folder, key)
            _write(folder / f"{key}.json", lambda file: file.write(json.dumps(note).encode()))
        except OSError as error:
            raise MissingError(
                f"{folder} cannot be written: {(error.strerror or str(error)).lower()}.",
                "Check the permissions and the free space (df -h), or set XDG_CACHE_HOME to another folder.",
            ) from error
        return note

    def _read(self, content: bytes) -> tuple[Image.Image, int] | str:
        """The picture as pixels with the width that it gives itself, or why there is none."""
        try:
            return _raster(content), 0
        except UnidentifiedImageError:
            return self._drawn(content) if b"<" in content[:_SNIFFED] else NO_PICTURE
        except _TooLargeError as error:
            return str(error)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  # decoders raise whatever a damaged file leads them to
            return f"is damaged: {str(error) or type(error).__name__}"

    def _drawn(self, content: bytes) -> tuple[Image.Image, int] | str:
        try:
            return self._painter.draw(content)
        except SvgError as error:
            return str(error)


class _TooLargeError(ValueError):
    """Opening it would fill the memory."""


def _content(source: Path) -> bytes:
    """What is in a file, or a little more of it than is accepted; a pipe keeps nobody waiting.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    with os.fdopen(os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("it is no regular file")
        return file.read(MAX_PICTURE_BYTES + 1)


def _cached(folder: Path, key: str) -> dict[str, Any] | None:
    try:
        note = json.loads((folder / f"{key}.json").read_bytes())
        is_whole = "reason" in note or all(
            (folder / _name(key, width)).stat().st_size  # a power failure may leave it empty
            for width, _ in note["sizes"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return note if is_whole else None


def _raster(content: bytes) -> Image.Image:
    """The first frame of a picture, upright."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as file:
        if file.width * file.height > MAX_PIXELS:
            raise _TooLargeError(f"has more than {MAX_PIXELS:,} pixels")
        file.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
        file.load()
        image = _upright(file)
        if image.mode.startswith("I"):
            image = image.point(lambda value: value * (1 / 256)).convert("L")  # Pillow would cut, not scale
        return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as its camera says; as it is, if the camera's note is damaged."""
    try:
        return ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # as of a damaged file
        return image


def _scaled(image: Image.Image, own_width: int, folder: Path, key: str) -> dict[str, Any]:
    note: dict[str, Any] = {"colour": _average_colour(image), "own_width": own_width, "sizes": []}
    for width, height in _sizes(image.width, image.height):
        scaled = image.resize((width, height), Image.Resampling.LANCZOS)
        _write(folder / _name(key, width), partial(_save, scaled))
        note["sizes"].append([width, height])
    return note


def _sizes(width: int, height: int) -> list[tuple[int, int]]:
    """Ascending sizes in which a picture of this size is shown; a very high one comes narrower."""
    widest = max(1, min(width, width * MAX_HEIGHT // height))
    widths = sorted({min(one, widest) for one in WIDTHS})
    return [(one, min(MAX_HEIGHT, max(1, round(height * one / width)))) for one in widths]


def _average_colour(image: Image.Image) -> str:
    if image.mode == "RGBA":
        return ""  # a logo would vanish in a box of its own colour
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _save(image: Image.Image, file: IO[bytes]) -> None:
    image.save(file, "WEBP", quality=_QUALITY, method=_EFFORT, exif=b"", icc_profile=b"", xmp=b"")


def _write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Put a file in its place in one step; another run may write the same one at the same time."""
    descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _picture(folder: Path, key: str, note: Mapping[str, Any]) -> Picture:
    variants = tuple(
        Variant(
            f"{key[:_NAME_LENGTH]}-{width}.webp", int(width), int(height), str(folder / _name(key, width))
        )
        for width, height in note["sizes"]
    )
    return Picture(variants, str(note["colour"]), int(note["own_width"]))


def _name(key: str, width: int) -> str:
    return f"{key}-{width}.webp"
