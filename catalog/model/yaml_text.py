"""Reads YAML text into plain values: YAML 1.2's core schema, duplicate keys refused, size bounded.

PyYAML reads YAML 1.1, where `22:22` is the number 1342 and `on` is true. So only its parser is used, and
values are built here from its events, in one pass: that also bounds nesting (the C composer overflows the
stack on some 200 KB of `[`) and the expansion of aliases before anything is built. Numbers whose spelling
matters (`0440`, `1.10`) remember it, so that what is written out again means the same to every reader.
"""

from __future__ import annotations

import re
from typing import Any, Self

import yaml
from msgspec import Struct, field
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

MAX_CHARACTERS = 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 100_000  # after aliases are expanded

_INT = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_START = frozenset("+-.0123456789")
_TAG = "tag:yaml.org,2002:"
_Parser: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class DocumentError(Exception):
    """A document that cannot be read; `line` and `column` count from 1, `hint` says how to correct it."""

    def __init__(self, message: str, line: int | None, column: int | None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint

    @property
    def told(self) -> str:
        """The message, behind the place as far as that is known: `line 3, column 7: NaN is not JSON`."""
        return f"line {self.line}, column {self.column}: {self.message}" if self.line else self.message


class DuplicateKeyError(DocumentError):
    """A key that stands twice in one mapping."""


class DocumentTooLargeError(DocumentError):
    """A document that is over one of the bounds."""


class WrittenInt(int):
    """A whole number that remembers how it was written, such as `0440`."""

    text: str

    def __new__(cls, value: int, text: str) -> Self:
        """The number `value`, spelled `text`."""
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[Any, str]:  # type: ignore[override]  # int and float have one argument
        """What a copy is made from."""
        return int(self), self.text


class WrittenFloat(float):
    """A number that remembers how it was written, such as `1.10`."""

    text: str

    def __new__(cls, value: float, text: str) -> Self:
        """The number `value`, spelled `text`."""
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[Any, str]:  # type: ignore[override]  # int and float have one argument
        """What a copy is made from."""
        return float(self), self.text


def read_yaml(text: str) -> Any:
    """The one document in `text` as dicts with string keys, lists and scalars; None for an empty text.

    Aliases share one object, so callers must not change what they get. Merge keys (`<<`) are expanded.

    Raises:
        DocumentError: the text is not one YAML document of the supported kind.
        DuplicateKeyError: a mapping has a key twice.
        DocumentTooLargeError: over 1 Mi characters, 64 levels, or 100,000 values with aliases expanded.
    """
    if len(text) > MAX_CHARACTERS:
        raise DocumentTooLargeError(f"it has more than {MAX_CHARACTERS:,} characters", None, None)
    try:
        return _Builder(_Parser(text)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "it is not YAML"
        raise DocumentError(message, *_place(mark)) from None
    except yaml.YAMLError as error:
        raise DocumentError(str(error).splitlines()[0], None, None) from None
    except UnicodeEncodeError as error:  # libyaml's parser takes UTF-8, which has no form for it
        line, column = text.count("\n", 0, error.start) + 1, error.start - text.rfind("\n", 0, error.start)
        raise DocumentError("it holds half of a character (a lone surrogate)", line, column) from None


def scalar_value(text: str) -> Any:
    """What an unquoted scalar means in YAML 1.2's core schema."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _INT.fullmatch(text):
        return _whole_number(text)
    if _FLOAT.fullmatch(text):
        return WrittenFloat(float(re.sub(r"\.(inf|nan)", r"\1", text, flags=re.IGNORECASE)), text)
    return text


def _whole_number(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    value = int(text, base)
    return value if str(value) == text else WrittenInt(value, text)


def _place(mark: Any) -> tuple[int | None, int | None]:
    return (mark.line + 1, mark.column + 1) if mark else (None, None)


class _Builder(Struct):
    """Builds the values of one document out of parser events."""

    parser: Any
    depth: int = 0
    values: int = 0
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)

    def document(self) -> Any:
        self.parser.get_event()  # the start of the stream
        if isinstance(self.parser.get_event(), StreamEndEvent):  # else the start of the document
            return None
        value = self.value(self.parser.get_event())
        self.parser.get_event()  # the end of the document
        following = self.parser.get_event()
        if not isinstance(following, StreamEndEvent):
            raise DocumentError("there is a second document in it", *_place(following.start_mark))
        return value

    def value(self, event: Any) -> Any:
        if isinstance(event, ScalarEvent):
            return self.scalar(event)
        if isinstance(event, AliasEvent):
            return self.alias(event)
        before = self.values
        self.enter(event)
        value = self.mapping() if isinstance(event, MappingStartEvent) else self.sequence()
        self.depth -= 1
        if event.anchor:
            self.anchors[event.anchor] = (value, self.values - before)
        return value

    def scalar(self, event: ScalarEvent) -> Any:
        self.count(1, event)
        if event.tag:
            value = _tagged(event)
        else:
            value = scalar_value(event.value) if event.implicit[0] else event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        return value

    def alias(self, event: AliasEvent) -> Any:
        if event.anchor not in self.anchors:
            raise DocumentError(
                f"the alias *{event.anchor} names no finished anchor", *_place(event.start_mark)
            )
        value, size = self.anchors[event.anchor]
        self.count(size, event)
        return value

    def sequence(self) -> list[Any]:
        items = []
        while not isinstance(event := self.parser.get_event(), SequenceEndEvent):
            items.append(self.value(event))
        return items

    def mapping(self) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: list[Any] = []
        while not isinstance(key_event := self.parser.get_event(), MappingEndEvent):
            key = self.key(key_event)
            value = self.value(self.parser.get_event())
            if key == "<<" and key_event.implicit[0]:
                merged.append((value, key_event))
            elif key in own:
                raise DuplicateKeyError(f"the key {key!r} stands twice", *_place(key_event.start_mark))
            else:
                own[key] = value
        return _merge(own, merged) if merged else own

    def key(self, event: Event) -> str:
        if isinstance(event, AliasEvent):
            value = self.alias(event)
            if isinstance(value, str):
                return value
        if not isinstance(event, ScalarEvent):
            raise DocumentError("a key must be plain text", *_place(event.start_mark))
        if event.anchor:
            self.anchors[event.anchor] = (event.value, 1)
        self.count(1, event)
        return str(event.value)

    def enter(self, event: CollectionStartEvent) -> None:
        self.depth += 1
        self.count(1, event)
        if event.tag and event.tag not in {"!", f"{_TAG}map", f"{_TAG}seq"}:
            raise DocumentError(f"the tag {event.tag} is not supported", *_place(event.start_mark))
        if self.depth > MAX_DEPTH:
            raise DocumentTooLargeError(f"it nests deeper than {MAX_DEPTH} levels", *_place(event.start_mark))

    def count(self, number: int, event: Event) -> None:
        self.values += number
        if self.values > MAX_VALUES:
            message = f"it has more than {MAX_VALUES:,} values once its aliases are expanded"
            raise DocumentTooLargeError(message, *_place(event.start_mark))


def _tagged(event: ScalarEvent) -> Any:
    name = str(event.tag).removeprefix(_TAG)
    if name in {"!", "str"}:
        return event.value
    value = scalar_value(event.value)
    if name in {"int", "float", "bool", "null"} and (value is None or not isinstance(value, str)):
        return value
    raise DocumentError(f"the tag {event.tag} is not supported for this value", *_place(event.start_mark))


def _merge(own: dict[str, Any], merged: list[tuple[Any, Event]]) -> dict[str, Any]:
    """The mapping with its merge keys expanded: its own keys win, then earlier sources."""
    result = dict(own)
    for value, event in merged:
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise DocumentError("<< takes a mapping or a list of mappings", *_place(event.start_mark))
            for key, inherited in source.items():
                result.setdefault(key, inherited)
    return result
