"""`FILE.parts.json`: the one list that decides which parts make up a file."""

from __future__ import annotations

import json
import shlex
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from catalog.errors import IntegrityError, UsageError

MAX_PARTS = 1000
MAX_BYTES = 1024 * 1024
LIST_SUFFIX = ".parts.json"
_MAX_NAME = 200  # bytes; 255 less the longest suffix and the prefix of a staging folder
_MAX_SIZE = 2**63 - 1
_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Size = Annotated[int, Field(ge=1, le=_MAX_SIZE)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Part(_Value):
    """One part: its file name, its size in bytes, its SHA-256 as 64 hexadecimal digits."""

    name: str
    size: _Size
    sha256: _Hex


class Parts(_Value):
    """A file that was split: `part_size` is the size of every part but the last one."""

    format: Literal[1] = 1
    file: str
    size: _Size
    sha256: _Hex
    part_size: _Size
    parts: tuple[Part, ...] = Field(min_length=1, max_length=MAX_PARTS)

    @model_validator(mode="after")
    def _fits_together(self) -> Parts:
        if not is_file_name(self.file):
            raise ValueError("the file's name is not a plain name")
        names = [part_name(self.file, number) for number in range(len(self.parts))]
        if [part.name for part in self.parts] != names:
            raise ValueError("the parts are not named in order")
        if [part.size for part in self.parts] != part_sizes(self.size, self.part_size):
            raise ValueError("the sizes do not add up")
        return self

    def to_bytes(self) -> bytes:
        """The list's content."""
        return f"{json.dumps(self.model_dump(mode='json'), indent=2, ensure_ascii=False)}\n".encode()

    @classmethod
    def from_bytes(cls, content: bytes, name: str) -> Parts:
        """The list that `content` holds; `name` is its file's name, for messages.

        Raises:
            IntegrityError: it is not such a list, or not spelled as `to_bytes` spells it.
        """
        if len(content) > MAX_BYTES:
            raise IntegrityError(f"{name} has more than {MAX_BYTES:,} bytes.", _HINT)
        try:
            parts = cls.model_validate_json(content)
        except (ValidationError, RecursionError):
            raise IntegrityError(f"{name} is not the list of a file's parts.", _HINT) from None
        if parts.to_bytes() != content:
            raise IntegrityError(f"{name} is not spelled as such a list is.", _HINT)
        return parts


def is_file_name(name: str) -> bool:
    """Whether `name` can be split: one printable name without a backslash, which sha256sum would escape."""
    is_plain = name.isprintable() and not {"/", "\\"}.intersection(name) and name not in {"", ".", ".."}
    return is_plain and len(name.encode()) <= _MAX_NAME


def part_name(file: str, number: int) -> str:
    """The name of one part; `number` counts from 0."""
    return f"{file}.part-{number:03d}"


def plain_join(file: str) -> tuple[str, ...]:
    """The commands that check and join the parts of `file` where there is no catalog."""
    name = shlex.quote(file)
    # Not `part-*`, which takes the parts' .sha256 files, too.
    return (f"sha256sum -c {name}.part-???.sha256", f"cat {name}.part-??? > {name}")


def part_sizes(size: int, part_size: int) -> list[int]:
    """The sizes of the parts of a file of `size` bytes, all above 0; too long a list is cut off."""
    count = min(-(-size // part_size), MAX_PARTS + 1)
    return [min(part_size, size - number * part_size) for number in range(count)]


def require_few(size: int, part_size: int) -> None:
    """Refuse a split into more than 1000 parts.

    Raises:
        UsageError: with the size of part that would do.
    """
    if len(part_sizes(size, part_size)) > MAX_PARTS:
        least = -(-size // MAX_PARTS)
        raise UsageError(
            f"Parts of {part_size:,} bytes would be more than {MAX_PARTS} parts.",
            f"Take at least --size {-(-least // 1024**2)}MiB.",
        )


_HINT = "Copy the list again, or join with the .sha256 files of the parts alone: move the list away."
