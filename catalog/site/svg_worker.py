"""Draws SVG files in a process of its own, whose memory and time the system bounds.

It is a program: the caller writes one file after the other to its standard input and reads the drawings from
its standard output. A file that costs too much ends the process, and with it nothing else. Each message is a
head and then the bytes that the head counts. The first question is the path of the font, and its answer says
that the worker is ready; then come files. The head of an answer has the width that the file gives itself, or
0 if there is no drawing, and its bytes are a PNG file, or the reason.
"""

from __future__ import annotations

import resource
import signal
import struct
import sys
from typing import IO

from catalog.site.svg_source import SvgError, safe_svg

HEAD = struct.Struct(">II")
"""The width of a drawing in pixels (unused in questions), and how many bytes follow."""
MAX_WIDTH = 960
MAX_HEIGHT = 1920
ENOUGH = 640
"""Pixels: what says that it is smaller than this is drawn this wide; icons need no more."""
SECONDS = 5
"""Of processor time for one file; the system ends the process when they are over."""
MEMORY = 1 << 30
_FONT = "Aileron"
"""The name of the font that Pillow carries. Fonts of this machine would make other drawings elsewhere."""


def main() -> None:
    """Answer questions until there are none; both streams belong to the caller."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    font = read_message(questions)
    if font is not None:
        import resvg_py  # noqa: F401, PLC0415  # whoever cannot load it is not ready

        write_message(answers, 0, b"")
    while font is not None and (question := read_message(questions)) is not None:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            width, answer = drawing(question[1], font[1].decode())
        except (SvgError, MemoryError) as error:
            width, answer = 0, (str(error) or "needs too much memory to be drawn").encode()
        signal.setitimer(signal.ITIMER_PROF, 0)
        write_message(answers, width, answer)


def drawing(content: bytes, font: str) -> tuple[int, bytes]:
    """The width that the SVG in `content` gives itself (at least 1), and a PNG file of it.

    `font` is the path of the only font for its texts.

    Raises:
        SvgError: it cannot be drawn.
    """
    import resvg_py  # noqa: PLC0415  # only the worker loads it

    source = safe_svg(content)
    width = max(ENOUGH, min(source.width, MAX_WIDTH))
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=source.text,
            dpi=96.0,
            skip_system_fonts=True,
            font_files=[font],
            width=width,
            height=MAX_HEIGHT,
            languages=["en"],
            font_family=_FONT,
            serif_family=_FONT,
            sans_serif_family=_FONT,
            monospace_family=_FONT,
            cursive_family=_FONT,
            fantasy_family=_FONT,
        )
    except ValueError as error:
        raise SvgError(f"cannot be drawn: {error}") from None
    return max(1, source.width or width), png


def read_message(stream: IO[bytes]) -> tuple[int, bytes] | None:
    """The next message; None when there is no whole one."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    number, length = HEAD.unpack(head)
    content = stream.read(length)
    return (number, content) if len(content) == length else None


def write_message(stream: IO[bytes], number: int, content: bytes) -> None:
    """Write one message, at once."""
    stream.write(HEAD.pack(number, len(content)))
    stream.write(content)
    stream.flush()


if __name__ == "__main__":
    main()
