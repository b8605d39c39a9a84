"""Finds out which parts make up a file: from its `.parts.json`, else from the `.sha256` files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle import sidecar
from catalog.bundle.output import open_regular, read_errors
from catalog.bundle.parts import LIST_SUFFIX, MAX_BYTES, MAX_PARTS, Parts, is_file_name, part_name
from catalog.errors import IntegrityError, MissingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_PART = re.compile(r"(.+)\.part-[0-9]+(?:\.sha256)?")


class ListedPart(Struct, frozen=True):
    """A part that belongs to the file; `size` and `sha256` are None where nothing states them."""

    name: str
    size: int | None
    sha256: str | None


class PartList(Struct, frozen=True):
    """The parts of `file` in their order; its `sha256` decides, its `size` is known from a `.parts.json`."""

    file: str
    size: int | None
    sha256: str
    parts: tuple[ListedPart, ...]

    @classmethod
    def of(cls, parts: Parts) -> PartList:
        """The same, from a `.parts.json`."""
        listed = tuple(ListedPart(part.name, part.size, part.sha256) for part in parts.parts)
        return cls(parts.file, parts.size, parts.sha256, listed)


def find_list(given: Path) -> PartList:
    """The parts in the folder of `given`, which is the list, one of the parts, or the file they make up.

    Raises:
        UsageError: `given` is a folder.
        MissingError: there is no list and no part, or nothing says what the whole file is.
        IntegrityError: the list or a `.sha256` is not in its form, or belongs to another file.
    """
    if given.is_dir():
        raise UsageError(f"{given} is a folder.", "Name the list of parts: FILE.parts.json")
    if given.name.endswith(".json"):
        parts = read_parts(given)
        if parts is None:
            raise MissingError(f"{given} is not there.", "Name the list of parts: FILE.parts.json")
        return PartList.of(parts)
    match = _PART.fullmatch(given.name)
    whole = given.with_name(match[1]) if match else given
    parts = read_parts(whole.with_name(f"{whole.name}{LIST_SUFFIX}"))
    if parts is None:
        return _from_sidecars(whole)
    if parts.file != whole.name:
        raise IntegrityError(
            f"{whole.name}{LIST_SUFFIX} is the list of {parts.file!r}.", "Give it its own name again."
        )
    return PartList.of(parts)


def read_parts(path: Path) -> Parts | None:
    """The list at `path`; None when there is none.

    Raises:
        IntegrityError: it is not a list of parts.
        MissingError: it cannot be read.
    """
    try:
        with read_errors(path), open_regular(path) as file:
            content = file.read(MAX_BYTES + 1)
    except MissingError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise
    return Parts.from_bytes(content, path.name)


def _from_sidecars(whole: Path) -> PartList:
    """The parts up to the highest number that a part or its `.sha256` has; a gap stays in the list."""
    count = _count(whole)
    if not count:
        raise MissingError(
            f"{whole.parent} has neither {whole.name}{LIST_SUFFIX} nor {part_name(whole.name, 0)}.",
            "Copy the parts and the list into one folder.",
        )
    digest = sidecar.read(sidecar.sidecar(whole), whole.name)
    if digest is None:
        raise MissingError(
            f"Neither {whole.name}{LIST_SUFFIX} nor {whole.name}.sha256 is there, so nothing says "
            "whether the parts are all there.",
            "Copy one of the two beside the parts.",
        )
    return PartList(whole.name, None, digest, tuple(_sidecar_part(whole, number) for number in range(count)))


def _sidecar_part(whole: Path, number: int) -> ListedPart:
    name = part_name(whole.name, number)
    return ListedPart(name, None, sidecar.read(whole.with_name(f"{name}.sha256"), name))


def _count(whole: Path) -> int:
    if not is_file_name(whole.name):
        return 0
    pattern = re.compile(rf"{re.escape(whole.name)}\.part-([0-9]{{3}})(?:\.sha256)?")
    with read_errors(whole.parent):
        matches = [match for path in whole.parent.iterdir() if (match := pattern.fullmatch(path.name))]
    return min(max((int(match[1]) + 1 for match in matches), default=0), MAX_PARTS)
