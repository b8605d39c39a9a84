"""Reads JSON text into plain values, strictly: duplicate keys, NaN and deep nesting are refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NoReturn

from catalog.model.yaml_text import (
    MAX_CHARACTERS,
    DocumentError,
    DocumentTooLargeError,
    DuplicateKeyError,
)

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str) -> Any:
    """The value that `text` spells (RFC 8259).

    Raises:
        DocumentError: the text is not JSON, with line and column of the parser; or an escape is half a
            surrogate pair, which is no character that a file could hold.
        DuplicateKeyError: an object has a key twice.
        DocumentTooLargeError: over 1 Mi characters, or nested beyond what the parser takes.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentTooLargeError(f"it has more than {MAX_CHARACTERS:,} characters", None, None)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        raise DocumentError(message, error.lineno, error.colno) from None
    except RecursionError:
        raise DocumentTooLargeError("it nests too deeply", None, None) from None
    except ValueError as error:  # a number of more digits than Python converts
        raise DocumentError(str(error), None, None) from None
    if _SURROGATE.search(text):
        _refuse_half_pairs(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise DuplicateKeyError(f"the key {twice!r} stands twice", None, None)
    return result


def _refuse_half_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DocumentError("it has half a surrogate pair, which is no character", None, None) from None


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is not JSON", None, None)
