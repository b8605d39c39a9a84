"""Cuts a file into numbered parts that any tool can check and join."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, BinaryIO

from catalog.bundle import sidecar
from catalog.bundle.joining import check
from catalog.bundle.output import open_regular, read_errors, settle, staging
from catalog.bundle.part_list import PartList, read_parts
from catalog.bundle.parts import LIST_SUFFIX, MAX_PARTS, Part, Parts, is_file_name, part_name, part_sizes
from catalog.bundle.space import require_space
from catalog.errors import ConflictError, IntegrityError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from catalog.bundle.progress import Transferred

_LABEL = "Splitting"


def split(source: Path, part_size: int, out: Path, progress: Transferred) -> Parts:
    """Cut `source` into parts of `part_size` bytes in the folder `out`; `source` itself stays as it is.

    `out` then has `NAME.part-000` and on, each with its `.sha256`, `NAME.sha256` and `NAME.parts.json`.
    Parts that are there already and are the same stay, so a second run changes nothing.

    Raises:
        UsageError: `source` is empty, its name cannot be listed, or there would be more than 1000 parts.
        MissingError: `source` cannot be read, or `out` cannot be written or is full.
        ConflictError: `out` holds parts of another split of a file of this name.
        IntegrityError: `source` is not what its own `.sha256` says, or changed while it was read.
    """
    with read_errors(source), open_regular(source) as file:
        size = os.fstat(file.fileno()).st_size
        _require_sense(source.name, size, part_size)
        count = len(part_sizes(size, part_size))
        _refuse_others(out, source.name, {part_name(source.name, number) for number in range(count)})
        known = sidecar.read(sidecar.sidecar(source), source.name)
        done = _done_before(source, part_size, out, progress)
        if done is not None and known in {None, done.sha256}:
            return done
        require_space({out: size})
        with staging(out, source.name) as place:
            parts = _cut(
                _Source(source, file.read, lambda done: progress(_LABEL, done, size)),
                part_size,
                place,
            )
            _require_same(source, size, known, parts)
            _settle_all(place, out, parts)
    return parts


def split_stream(stream: BinaryIO, name: str, part_size: int, out: Path, progress: Transferred) -> Parts:
    """Cut what `stream` gives, read once, into parts of a file called `name`; else as `split`.

    Raises:
        UsageError, MissingError, ConflictError: as `split`.
    """
    _require_sense(name, 1, part_size)
    with staging(out, name) as place:
        parts = _cut(
            _Source(out / name, stream.read, lambda done: progress(_LABEL, done, None)),
            part_size,
            place,
        )
        _settle_all(place, out, parts)
    return parts


class _Source:
    """What is being cut: read errors name it, and progress follows what was read."""

    def __init__(self, path: Path, read: Callable[[int], bytes], follow: Callable[[int], None]) -> None:
        self.path = path
        self.size = 0
        self._read = read
        self._follow = follow

    def read(self, limit: int) -> bytes:
        """At most `limit` bytes; none at the end."""
        with read_errors(self.path):
            chunk = self._read(min(limit, sidecar.CHUNK))
        self.size += len(chunk)
        self._follow(self.size)
        return chunk


def _cut(source: _Source, part_size: int, place: Path) -> Parts:
    """Write every part into `place`, and say what they are."""
    name = source.path.name
    whole = hashlib.sha256()
    parts: list[Part] = []
    while part := _cut_one(source, place / part_name(name, len(parts)), part_size, whole):
        if len(parts) == MAX_PARTS:
            raise _too_many(name, part_size)
        parts.append(part)
    if not parts:
        raise _nothing(name)
    return Parts(
        file=name, size=source.size, sha256=whole.hexdigest(), part_size=part_size, parts=tuple(parts)
    )


def _cut_one(source: _Source, path: Path, room: int, whole: hashlib._Hash) -> Part | None:
    own = hashlib.sha256()
    size = 0
    with path.open("wb") as file:
        while chunk := source.read(room - size):
            own.update(chunk)
            whole.update(chunk)
            file.write(chunk)
            size += len(chunk)
    return Part(name=path.name, size=size, sha256=own.hexdigest()) if size else None


def _settle_all(place: Path, out: Path, parts: Parts) -> None:
    """Put what is in `place` into `out`, the list last; nothing that is there is ever replaced."""
    _refuse_others(out, parts.file, {part.name for part in parts.parts})
    texts = {f"{part.name}.sha256": sidecar.to_line(part.sha256, part.name) for part in parts.parts}
    if sidecar.read(out / f"{parts.file}.sha256", parts.file) != parts.sha256:
        texts[f"{parts.file}.sha256"] = sidecar.to_line(parts.sha256, parts.file)
    texts[f"{parts.file}{LIST_SUFFIX}"] = parts.to_bytes()
    for part in parts.parts:
        _refuse_different(out / part.name, part.sha256)
    for name, content in texts.items():
        _refuse_different(out / name, hashlib.sha256(content).hexdigest())
        (place / name).write_bytes(content)
    for name in (*(part.name for part in parts.parts), *texts):
        if not (out / name).exists():
            settle(place / name, out / name)


def _refuse_others(out: Path, name: str, expected: Iterable[str]) -> None:
    """Refuse a folder with parts that `cat NAME.part-???` would take for ours."""
    pattern = re.compile(rf"({re.escape(name)}\.part-[0-9]+)(?:\.sha256)?")
    with read_errors(out):
        there = sorted(path.name for path in out.iterdir()) if out.exists() else []
    matches = [match for other in there if (match := pattern.fullmatch(other))]
    strays = [match[0] for match in matches if match[1] not in expected]
    if strays:
        raise _conflict(out, strays[0])


def _refuse_different(path: Path, digest: str) -> None:
    try:
        if sidecar.file_digest(path) != digest:
            raise _conflict(path.parent, path.name)
    except FileNotFoundError:
        return
    except OSError:
        raise _conflict(path.parent, path.name) from None


def _done_before(source: Path, part_size: int, out: Path, progress: Transferred) -> Parts | None:
    """The parts of an earlier run with the same outcome; None when there was none."""
    listed = read_parts(out / f"{source.name}{LIST_SUFFIX}")
    if listed is None or listed.part_size != part_size or listed.size != source.stat().st_size:
        return None
    is_whole = (
        not check(PartList.of(listed), out, progress).problems
        and sidecar.file_digest(source) == listed.sha256
    )
    return listed if is_whole else None


def _require_sense(name: str, size: int, part_size: int) -> None:
    if not is_file_name(name):
        raise UsageError(f"{name!r} cannot be split under this name.", "Give it a shorter, plain name.")
    if size == 0:
        raise _nothing(name)
    if len(part_sizes(size, part_size)) > MAX_PARTS:
        raise _too_many(name, part_size, f"Take at least --size {-(-size // MAX_PARTS // 1024**2)}MiB.")


def _require_same(source: Path, size: int, known: str | None, parts: Parts) -> None:
    if parts.size != size:
        raise IntegrityError(
            f"{source} changed while it was read.", "Run the command again once it is finished."
        )
    if known is not None and parts.sha256 != known:
        raise IntegrityError(
            f"{source} is not what {source.name}.sha256 says: it was changed or copied badly.",
            "Copy it again from where it was made.",
        )


def _too_many(name: str, part_size: int, hint: str = "Take larger parts.") -> UsageError:
    return UsageError(f"{name} has more than {MAX_PARTS} parts of {part_size:,} bytes.", hint)


def _nothing(name: str) -> UsageError:
    return UsageError(f"{name} is empty, so there is nothing to split.")


def _conflict(folder: Path, name: str) -> ConflictError:
    return ConflictError(
        f"{folder / name} is of another split, so nothing was written.",
        "Move the old parts away, or choose another folder with --out.",
    )
