"""SVG files as pictures: drawn by a process of its own, so that a file that means harm ends nothing else."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from PIL import Image, ImageFont

import catalog
from catalog.errors import MissingError
from catalog.site.svg_source import SvgError
from catalog.site.svg_worker import MEMORY, SECONDS, read_message, write_message
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from subprocess import Popen

_FONT_NAME = "drawing.ttf"
_HINT = "Install the package again: python -m pip install --force-reinstall extension-catalog"


class SvgPainter:
    """Draws SVG files; `folder` is where the font for their texts is put. Leaving it ends its process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._end(self._process)

    def draw(self, content: bytes) -> tuple[Image.Image, int]:
        """The SVG in `content` as a picture, and how wide it says it is, in pixels.

        Raises:
            SvgError: it cannot be drawn, or not within the time and the memory for one.
            MissingError: the process that draws cannot be started.
        """
        with self._lock:
            answer = self._asked(content)
        if answer is None:
            megabytes = MEMORY >> 20
            raise SvgError(f"takes more than {SECONDS} seconds or {megabytes} MB to be drawn")
        width, png = answer
        if not width:
            raise SvgError(png.decode(errors="replace"))
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            return image.convert("RGBA"), width

    def _asked(self, content: bytes) -> tuple[int, bytes] | None:
        """The worker's answer; None when it died of the question, and the next one gets a new worker."""
        process = self._process = self._process or self._started()
        answer = self._answer(process, content)
        if answer is None:
            self._end(process)
        return answer

    @staticmethod
    def _answer(process: Popen[bytes], content: bytes) -> tuple[int, bytes] | None:
        if process.stdin is not None and process.stdout is not None:
            with suppress(BrokenPipeError):
                write_message(process.stdin, 0, content)
                return read_message(process.stdout)
        return None

    def _started(self) -> Popen[bytes]:
        """A worker that is ready.

        Raises:
            MissingError: there is none; the installation is damaged.
        """
        code = str(Path(catalog.__file__).parents[1])
        paths = filter(None, (code, os.environ.get("PYTHONPATH")))
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "catalog.site.svg_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                process_group=0,  # Ctrl-C ends us alone: what it ends seems too slow, which is remembered
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
            if self._answer(process, str(_font(self._folder)).encode()) is not None:
                return process
            self._end(process)
        except OSError as error:
            raise MissingError(f"SVG pictures cannot be drawn: {error}.", _HINT) from error
        raise MissingError("SVG pictures cannot be drawn: the program that draws them does not start.", _HINT)

    def _end(self, process: Popen[bytes]) -> None:
        self._process = None
        process.kill()
        with suppress(OSError):
            process.communicate()


def _font(folder: Path) -> Path:
    """The file of the font that Pillow carries: plain letters, which are enough for a drawing.

    Raises:
        MissingError: the folder cannot be written.
    """
    path = (folder / _FONT_NAME).resolve()
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, getattr(ImageFont.load_default(12), "font_bytes", b""))
    return path
