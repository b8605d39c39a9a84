"""Keeps results from one run for the next: each by a name, with what it was made from.

They lie in one file of lines, `name made-from checksum result`, of which the first three are digests. A run
writes the file anew beside its place and renames it over it, so that a reader sees the old or the new. A line
that is damaged, or a file that another version of the tool wrote, is as if it were not there. Whoever cannot
write it works without: keeping is never a reason to fail.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DIGEST_SIZE = 16  # bytes: nobody will ever find two results with the same one by chance
_FIELD = 2 * _DIGEST_SIZE + 1
_HEAD = 3 * _FIELD
_DAYS_UNUSED = 30
_DAY = 86_400.0  # seconds
_CHUNK = 1 << 20
_UNFINISHED = ".kept-"


def digest(*parts: str | bytes) -> str:
    """A digest of all parts in their order, as lower-case hex."""
    contents = [part.encode(errors="surrogatepass") if isinstance(part, str) else part for part in parts]
    lengths = ",".join([str(len(content)) for content in contents])
    return hashlib.blake2b(
        b"".join((lengths.encode(), b":", *contents)), digest_size=_DIGEST_SIZE
    ).hexdigest()


class _Line(NamedTuple):
    """Where a line lies in its file, in bytes, and the digest of what its result was made from."""

    start: int
    length: int
    source: bytes


class Kept:
    """The results of earlier runs; what is asked for again and what is new goes on to the next run.

    `file` is None where nothing is kept; `recipe` is whatever changes when the same sources would give other
    results. With `is_fresh`, nothing of what was kept before is given out; what is not replaced goes on.
    """

    def __init__(self, file: Path | None, recipe: str = "", *, is_fresh: bool = False) -> None:
        self._file = file
        self._head = f"catalog kept {digest(recipe)}\n".encode()
        self._old = None if file is None else _opened(file)
        self._lines = self._read()
        self.is_fresh = is_fresh
        self._asked: set[bytes] = set()
        self._replaced: set[bytes] = set()
        self._writing: IO[bytes] | None = None
        self._is_complete = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give what is kept to the next run, also when this one failed half-way."""
        try:
            self._save()
        except OSError:
            self._give_up()
        finally:
            if self._old is not None:
                self._old.close()

    def has(self, name: str, *sources: str) -> bool:
        """Whether there seems to be a result called `name` that was made from these `sources`."""
        line = None if self.is_fresh else self._lines.get(digest(name).encode())
        return line is not None and line.source == digest(*sources).encode()

    def get(self, name: str, *sources: str) -> bytes | None:
        """The result called `name`, if it was made from these `sources`."""
        key = digest(name).encode()
        line = None if self.is_fresh else self._lines.get(key)
        source = digest(*sources).encode()
        if line is None or self._old is None or line.source != source or key in self._replaced:
            return None
        try:
            text = os.pread(self._old.fileno(), line.length, line.start)
        except OSError:  # on a share, another machine's run may have taken the open file away
            return None
        result = text[_HEAD:-1]
        if text != _written(key, source, result):
            return None
        self._asked.add(key)
        return result

    def put(self, name: str, result: bytes, *sources: str) -> None:
        """Keep a result without line breaks under `name`, in the place of an older one.

        Raises:
            ValueError: it has a line break.
        """
        if b"\n" in result:
            raise ValueError("a kept result is one line")
        key = digest(name).encode()
        if self._file is None or key in self._replaced:
            return
        try:
            self._stream(self._file).write(_written(key, digest(*sources).encode(), result))
        except OSError:
            self._give_up()
        self._replaced.add(key)

    def keep(self, name: str) -> None:
        """Let a result called `name` go on to the next run, although this one has no use for it."""
        key = digest(name).encode()
        if key in self._lines:
            self._asked.add(key)

    def forget_the_rest(self) -> None:
        """Say that this run asked for everything that there is, so that what it left out may go."""
        self._is_complete = True

    def _read(self) -> dict[bytes, _Line]:
        lines: dict[bytes, _Line] = {}
        with suppress(OSError):
            if self._old is not None and self._old.readline() == self._head:
                start = len(self._head)
                for text in self._old:
                    lines[text[: _FIELD - 1]] = _Line(start, len(text), text[_FIELD : 2 * _FIELD - 1])
                    start += len(text)
        return lines

    def _stream(self, file: Path) -> IO[bytes]:
        if self._writing is None:
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=file.parent)
            self._writing, self._unfinished = os.fdopen(descriptor, "wb"), Path(name)
            self._writing.write(self._head)
        return self._writing

    def _save(self) -> None:
        if self._file is None:
            return
        stays = self._asked if self._is_complete else self._lines.keys()
        going_on = stays - self._replaced
        if self._writing is None and len(going_on) == len(self._lines):
            _mark_as_used(self._file)
            return
        stream = self._stream(self._file)
        for start, length in _ranges(self._lines[key] for key in going_on):
            self._copy(start, length, stream)
        stream.close()
        self._unfinished.replace(self._file)
        _prune(self._file)

    def _copy(self, start: int, length: int, stream: IO[bytes]) -> None:
        while length and self._old is not None:
            piece = os.pread(self._old.fileno(), min(length, _CHUNK), start)
            if not piece:
                return
            stream.write(piece)
            start, length = start + len(piece), length - len(piece)

    def _give_up(self) -> None:
        """Work without: the disk is full, or the folder may not be written."""
        self._file = None
        if self._writing is not None:
            with suppress(OSError):
                self._writing.close()
            with suppress(OSError):
                self._unfinished.unlink()


def kept_file(folder: Path, root: Path) -> Path:
    """Where, in `folder`, the results lie that belong to the workspace at `root`."""
    return folder / f"{digest(os.fsencode(root))}.kept"


def _opened(file: Path) -> IO[bytes] | None:
    try:
        return file.open("rb")
    except OSError:
        return None


def _written(key: bytes, source: bytes, result: bytes) -> bytes:
    checksum = digest(key, source, result).encode()
    return b"%b %b %b %b\n" % (key, source, checksum, result)


def _ranges(lines: Iterable[_Line]) -> Iterator[tuple[int, int]]:
    """Start and length of every stretch of lines that lie side by side."""
    begin = end = 0
    for line in sorted(lines):
        if line.start != end:
            if end:
                yield begin, end - begin
            begin = line.start
        end = line.start + line.length
    if end:
        yield begin, end - begin


def _mark_as_used(file: Path) -> None:
    with suppress(OSError):
        os.utime(file)


def _prune(file: Path) -> None:
    """Remove what workspaces left that nobody has built for a while, and what killed runs did not finish."""
    now = time.time()
    for other in file.parent.iterdir():
        days = 1 if other.name.startswith(_UNFINISHED) else _DAYS_UNUSED
        with suppress(OSError):
            if other != file and other.stat().st_mtime < now - days * _DAY:
                other.unlink()
