"""Addresses that a document writes -> places in its extension."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from urllib.parse import unquote

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\", re.IGNORECASE)


def within_extension(address: str) -> PurePosixPath | None:
    """The path in the extension that a relative address means; None if it leads elsewhere.

    A query or fragment says nothing about a file, and an address from the root means the extension's root.
    """
    address = re.split(r"[?#]", address.strip(), maxsplit=1)[0]
    if not address or _SCHEME.match(address):
        return None
    path = posixpath.normpath(unquote(address).lstrip("/") or ".")
    return None if path == "." or path.split("/")[0] == ".." or "\0" in path else PurePosixPath(path)
