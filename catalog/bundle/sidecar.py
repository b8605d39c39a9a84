"""`FILE.sha256`: the digest of one file, beside it, as `sha256sum -c` reads it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from catalog.bundle.output import open_regular
from catalog.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

CHUNK = 1 << 20
_MAX_BYTES = 4096
_LINE = re.compile(r"([0-9a-f]{64}) [ *](?:[^\n]*/)?([^/\n]+)\n?")


def sidecar(path: Path) -> Path:
    """Where the digest of `path` stands."""
    return path.with_name(f"{path.name}.sha256")


def to_line(digest: str, name: str) -> bytes:
    """The sidecar's content; `digest` has 64 hexadecimal digits."""
    return f"{digest}  {name}\n".encode()


def read(path: Path, name: str) -> str | None:
    """The digest that the sidecar `path` gives for the file `name`; None when there is no sidecar.

    Raises:
        IntegrityError: it cannot be read, or is not one line for that file.
    """
    try:
        with open_regular(path) as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IntegrityError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    match = _LINE.fullmatch(content.decode(errors="replace"))
    if match is None or match[2] != name:
        raise IntegrityError(f"{path} does not hold the SHA-256 of {name}.", "Copy it again.")
    return match[1]


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """What is left of `file`, in pieces of at most 1 MiB."""
    while chunk := file.read(CHUNK):
        yield chunk


def file_digest(path: Path) -> str:
    """SHA-256 of a regular file, as 64 hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with open_regular(path) as file:
        for chunk in chunks(file):
            digest.update(chunk)
    return digest.hexdigest()
