"""SHA256SUMS: the signed list of every file in a bundle, as `sha256sum` writes it.

Read strictly, because this is the one file that is parsed right after its signature was checked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalog.errors import IntegrityError
from catalog.registry.layout import BUNDLE_MANIFEST, SUMS, SUMS_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 64 * 1024 * 1024
"""Larger lists are refused: over 400,000 files."""
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._@+/-]{1,1024})")
_NEVER_LISTED = {str(SUMS), str(SUMS_SIGNATURE)}


def is_bundle_path(path: str) -> bool:
    """Whether `path` may stand in a bundle: only plain characters, and no part is empty, `.` or `..`."""
    parts = path.split("/")
    return _LINE.fullmatch(f"{'0' * 64}  {path}") is not None and not {"", ".", ".."}.intersection(parts)


def to_text(digests: Mapping[str, str]) -> bytes:
    """The list as bytes; `digests` maps paths to 64 hexadecimal digits."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests, key=str.encode)).encode()


def parse(content: bytes) -> dict[str, str]:
    """The digest of every listed path.

    Raises:
        IntegrityError: the list is not in the form that `to_text` writes; the message names the line.
    """
    if len(content) > MAX_BYTES:
        raise IntegrityError(f"{SUMS} has more than {MAX_BYTES:,} bytes.", _HINT)
    digests: dict[str, str] = {}
    previous = ""
    text = content.decode("ascii", errors="replace")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        match = _LINE.fullmatch(line)
        if match is None or not is_bundle_path(match[2]) or match[2] in _NEVER_LISTED or match[2] <= previous:
            raise IntegrityError(f"Line {number} of {SUMS} is not in the form of a bundle.", _HINT)
        previous = match[2]
        digests[previous] = match[1]
    if not text.endswith("\n") or str(BUNDLE_MANIFEST) not in digests:
        raise IntegrityError(f"{SUMS} is cut off, or does not list {BUNDLE_MANIFEST}.", _HINT)
    return digests


_HINT = "Copy the bundle again from where it was made."
