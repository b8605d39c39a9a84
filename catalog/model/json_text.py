"""Reads JSON text into plain values: our own files strictly, those of other tools as far as they are JSON."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from catalog.model.yaml_text import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    DocumentError,
    DocumentTooLargeError,
    DuplicateKeyError,
)

_LAST_COMMA = re.compile(r",\s*([}\]])")
_MEANINGS = {
    "Expecting property name enclosed in double quotes": "a key in double quotes should stand here",
    "Expecting ',' delimiter": "a comma or a closing bracket should stand here",
    "Expecting ':' delimiter": "a colon should stand here",
    "Expecting value": "a value should stand here",
    "Extra data": "something stands behind the end",
    "Unterminated string starting at": "the text that starts here has no closing quote",
    "Invalid control character at": "a text has a line end or another control character in it",
}
"""What the parser's messages mean."""
_SHOWN = 40  # characters of a number that a message has
_TEXT_OR_NUMBER = re.compile(
    r'(?as)"(?:[^"\\]|\\.)*"|NaN|-?Infinity|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?'
)
_BETWEEN = re.compile(r"[ \t\r\n,:]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str) -> Any:
    """The value that `text` spells (RFC 8259).

    Raises:
        DocumentError: the text is not JSON, with line and column of the parser; or an escape is half a
            surrogate pair, which is no character that a file could hold; or a number is too large.
        DuplicateKeyError: an object has a key twice.
        DocumentTooLargeError: over 1 Mi characters, or nested deeper than 64 levels.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentTooLargeError(f"it has more than {MAX_CHARACTERS:,} characters", None, None)
    try:
        value = _loaded(text, object_pairs_hook=_object)
    except RecursionError:
        raise _too_deep() from None
    _refuse_depth(value)
    if _SURROGATE.search(text):
        _refuse_half_pairs(value)
    return value


def read_foreign_json(text: str) -> Any:
    """The value that `text` of another tool spells: of a key that stands twice, the last counts.

    What no JSON file can hold is refused here as well, or we would write it again.

    Raises:
        DocumentError: the text is not JSON, with line and column; NaN and infinity are not, nor are numbers
            that become infinity.
        DocumentTooLargeError: it nests deeper than Python reads.
    """
    try:
        return _loaded(text)
    except RecursionError:
        raise DocumentTooLargeError("it nests too deeply", None, None) from None


def span_of(text: str, key: str) -> tuple[int, int]:
    """Where the value of `key` begins and ends in `text`, an object that `read_json` takes.

    Raises:
        KeyError: the object has no such key; those of objects in it do not count.
    """
    decoder = json.JSONDecoder()
    position = _behind(text, text.index("{") + 1)
    while text[position] != "}":
        name, end = decoder.raw_decode(text, position)
        start = _behind(text, end)
        _, end = decoder.raw_decode(text, start)
        if name == key:
            return start, end
        position = _behind(text, end)
    raise KeyError(key)


def _behind(text: str, position: int) -> int:
    """Where the next value or bracket stands."""
    match = _BETWEEN.match(text, position)
    return match.end() if match else position


class _EndlessError(ValueError):
    """A number, as it is spelled, that JSON cannot write."""


def _loaded(text: str, **hooks: Any) -> Any:
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_refuse_constant, **hooks)
    except json.JSONDecodeError as error:
        raise _refusal(error) from None
    except _EndlessError as error:
        raise _endless(text, str(error)) from None
    except ValueError as error:  # a number of more digits than Python converts
        raise DocumentError(str(error), None, None) from None


def _endless(text: str, spelled: str) -> DocumentError:
    """What is wrong with the first such number, which has no place of its own in the parser's words."""
    at = next(found.start() for found in _TEXT_OR_NUMBER.finditer(text) if found[0] == spelled)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    fault = "is too large for a number" if spelled[-1].isdigit() else "is not JSON"
    return DocumentError(f"{spelled[:_SHOWN]} {fault}", line, column, "Write a number there, or null.")


def _refusal(error: json.JSONDecodeError) -> DocumentError:
    """What is wrong; of a comma before a bracket, Python 3.13 names the place, earlier ones the bracket's."""
    text, place = error.doc, error.pos
    at = place if text[place : place + 1] == "," else len(text[:place].rstrip()) - 1
    comma = _LAST_COMMA.match(text, at)
    if comma is None:
        meaning = _MEANINGS.get(error.msg, error.msg[:1].lower() + error.msg[1:])
        return DocumentError(meaning, error.lineno, error.colno)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return DocumentError(f"a comma stands before {comma[1]}", line, column, "Take that comma away.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise DuplicateKeyError(f"the key {twice!r} stands twice", None, None)
    return result


def _finite(digits: str) -> float:
    """The number, which must not be one that Python reads as infinity: JSON has no way to write that."""
    number = float(digits)
    if math.isinf(number):
        raise _EndlessError(digits)
    return number


def _refuse_depth(value: Any) -> None:
    """Refuse what Python's own parser takes, how much of it depends on its version."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        collections = [one for one in level if isinstance(one, dict | list)]
        if not collections:
            return
        level = [inner for one in collections for inner in (one.values() if isinstance(one, dict) else one)]
    raise _too_deep()


def _too_deep() -> DocumentTooLargeError:
    return DocumentTooLargeError(f"it nests deeper than {MAX_DEPTH} levels", None, None)


def _refuse_half_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DocumentError("it has half a surrogate pair, which is no character", None, None) from None


def _refuse_constant(name: str) -> NoReturn:
    raise _EndlessError(name)
