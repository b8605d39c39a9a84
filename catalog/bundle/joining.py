"""Joins the parts of a file, checking each on the way; only a list decides which parts there are."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.bundle import sidecar
from catalog.bundle.early_sync import EarlySync
from catalog.bundle.gathered_write import write_pieces
from catalog.bundle.output import open_regular, settle, staging
from catalog.bundle.space import require_space
from catalog.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from catalog.bundle.part_list import ListedPart, PartList
    from catalog.bundle.progress import Transferred

_LABEL = "Reading the parts"


class PartVerdict(StrEnum):
    """What is wrong with a part, or with the whole."""

    MISSING = "missing"
    CUT_OFF = "cut-off"
    TOO_LONG = "too-long"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    UNLISTED = "unlisted"


class PartProblem(Struct, frozen=True):
    """A file that is not as listed, and why, as the rest of a sentence that begins with its name."""

    name: str
    verdict: PartVerdict
    reason: str


class Joined(Struct, frozen=True):
    """What came of reading all parts: size in bytes and SHA-256 of the whole, and everything that is wrong.

    `strays` are names that look like parts but are not listed, so they were not read.
    """

    size: int
    sha256: str
    problems: tuple[PartProblem, ...]
    strays: tuple[str, ...]
    is_written: bool = False


def check(listed: PartList, folder: Path, progress: Transferred) -> Joined:
    """Read every part in `folder` and say what is wrong; nothing is written."""
    return _read_all(listed, folder, _Whole(progress))


def join(listed: PartList, folder: Path, target: Path, progress: Transferred) -> Joined:
    """Join the parts in `folder` into `target`, which appears only if every part and the whole fit.

    All parts are read even when one is bad, so that each bad one is named. No part is ever removed. A
    `target` that is there already and fits is left alone, and then the parts are not read.

    Raises:
        ConflictError: `target` is there already and is another file.
        MissingError: there is no room for `target`, or it cannot be written.
    """
    if os.path.lexists(target):
        _require_equal(target, listed)
        return Joined(target.stat().st_size, listed.sha256, (), _strays(listed, folder))
    require_space({target.parent: listed.size or _size_there(listed, folder)})
    with staging(target.parent, target.name) as place:
        draft = place / target.name
        with draft.open("wb", buffering=0) as file, EarlySync(file.fileno()) as disk:
            whole = _Whole(progress, lambda chunk: disk.wrote(write_pieces(file.fileno(), [chunk])))
            joined = _read_all(listed, folder, whole)
        if joined.problems:
            return joined
        settle(draft, target)
    return replace(joined, is_written=True)


class _Whole:
    """Takes the parts one after the other; once one is bad, the rest is read but no longer written."""

    def __init__(self, progress: Transferred, write: Callable[[bytes], object] | None = None) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self.total: int | None = None
        self.problems: list[PartProblem] = []
        self._read = 0
        self._progress = progress
        self._write = write

    def take(self, chunk: bytes) -> None:
        """Add the next bytes."""
        self._read += len(chunk)
        self._progress(_LABEL, self._read, self.total)
        if not self.problems:
            self.size += len(chunk)
            self.digest.update(chunk)
            if self._write is not None:
                self._write(chunk)


class _UnreadableError(Exception):
    """A part cannot be read; the cause says why."""


def _read_all(listed: PartList, folder: Path, whole: _Whole) -> Joined:
    whole.total = listed.size
    for part in listed.parts:
        problem = _read_part(part, folder, whole)
        if problem is not None:
            whole.problems.append(problem)
    digest = whole.digest.hexdigest()
    if not whole.problems and digest != listed.sha256:
        reason = (
            "is not what its SHA-256 says, though each part is: parts are missing at the end, or mixed up"
        )
        whole.problems.append(PartProblem(listed.file, PartVerdict.CHANGED, reason))
    return Joined(whole.size, digest, tuple(whole.problems), _strays(listed, folder))


def _read_part(part: ListedPart, folder: Path, whole: _Whole) -> PartProblem | None:
    """Read one part to its end, or to where it is too long; what is wrong with it."""
    own = hashlib.sha256()
    size = 0
    try:
        for chunk in _pieces(folder / part.name):
            size += len(chunk)
            if part.size is not None and size > part.size:
                return _problem(part, PartVerdict.TOO_LONG, f"has more than {part.size:,} bytes")
            own.update(chunk)
            whole.take(chunk)
    except _UnreadableError as error:
        return _unreadable(part, error.__cause__)
    if part.size is not None and size < part.size:
        return _problem(part, PartVerdict.CUT_OFF, f"has {size:,} bytes instead of {part.size:,}")
    if part.sha256 is None:
        return _problem(part, PartVerdict.UNLISTED, f"cannot be checked: {part.name}.sha256 is missing")
    if own.hexdigest() != part.sha256:
        return _problem(part, PartVerdict.CHANGED, "is not what its SHA-256 says")
    return None


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with open_regular(path) as file:
            yield from sidecar.chunks(file)
    except OSError as error:
        raise _UnreadableError from error


def _problem(part: ListedPart, verdict: PartVerdict, reason: str) -> PartProblem:
    return PartProblem(part.name, verdict, reason)


def _unreadable(part: ListedPart, error: BaseException | None) -> PartProblem:
    if isinstance(error, FileNotFoundError):
        return _problem(part, PartVerdict.MISSING, "is missing")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _problem(part, PartVerdict.UNREADABLE, f"cannot be read: {reason.lower()}")


def _strays(listed: PartList, folder: Path) -> tuple[str, ...]:
    names = {part.name for part in listed.parts}
    known = names | {f"{name}.sha256" for name in names}
    start = f"{listed.file}.part-"
    with suppress(OSError):
        there = {path.name for path in folder.iterdir() if path.name.startswith(start)}
        return tuple(sorted(there - known))
    return ()


def _size_there(listed: PartList, folder: Path) -> int:
    paths = [folder / part.name for part in listed.parts]
    return sum(path.stat().st_size for path in paths if path.is_file())


def _require_equal(target: Path, listed: PartList) -> None:
    try:
        if (listed.size in {None, target.stat().st_size}) and sidecar.file_digest(target) == listed.sha256:
            return
    except OSError:
        pass
    raise ConflictError(
        f"{target} is there already, and is not what these parts make up.",
        "Move it away, or choose another folder with --out.",
    )
