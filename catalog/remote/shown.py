"""Makes a difference fit to be shown: nothing secret, and nothing that fills the screen."""

from __future__ import annotations

import re
from typing import Any

from catalog.remote.difference import Change
from catalog.remote.payload import PICTURE

_WORDS = "secret|token|passw|passphrase|api_?key|private_?key|access_?key|credential|signature"
_SECRET = re.compile(_WORDS, re.IGNORECASE)
_SECRET_LINE = re.compile(
    rf"^([ \t]*(?:- *)?[\"']?[\w.-]*(?:{_WORDS})[\w.-]*[\"']?[ \t]*[:=][ \t]*)\S.*$",
    re.IGNORECASE | re.MULTILINE,
)
_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
HIDDEN = "(hidden)"


def shown(change: Change) -> Change:
    """The change with values hidden where a name speaks of a secret: an administrator may have set one."""
    return Change(change.field, _shown(change.field, change.before), _shown(change.field, change.after))


def _shown(name: str, value: Any) -> Any:
    match value:
        case str() if name == PICTURE:
            return f"({len(value):,} characters)"
        case str() if value and _SECRET.search(name):
            return HIDDEN
        case str():
            return _USERINFO.sub(f"{HIDDEN}@", _SECRET_LINE.sub(rf"\1{HIDDEN}", value))
        case dict():
            return {key: _shown(str(key), item) for key, item in value.items()}
        case list():
            return [_shown("", item) for item in value]
        case _:
            return value
