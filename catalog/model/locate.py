"""Finds the line and column of a value in YAML or JSON text, in a second read once there is a finding.

JSON is read as YAML, which it is a part of but for escapes of surrogates and some characters that YAML wants
escaped; those are blanked, length kept.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Struct
from msgspec.structs import replace
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding, Pointer

Place = tuple[int, int]
"""A line and a column, both from 1."""

_START: Place = (1, 1)
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\/|[\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_COLLECTIONS = frozenset({MappingStartEvent, SequenceStartEvent})
_NODES = _COLLECTIONS | {ScalarEvent, AliasEvent}
_ENDS = frozenset({MappingEndEvent, SequenceEndEvent})
_Parser: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def places(
    text: str, *, is_json: bool, within: Container[Pointer] | None = None
) -> Iterator[tuple[Pointer, Place]]:
    """Every key and item with its place, in the order of the text, up to where that stops parsing.

    Where `within` is given, what is in other collections than the document and these is passed over.
    """
    levels: list[_Level] = []
    passed = 0  # collections that are open and passed over
    for event in _events(_ESCAPE.sub(_blanked, text) if is_json else text):
        kind = type(event)
        if passed:
            passed += (kind in _COLLECTIONS) - (kind in _ENDS)
        elif kind in _ENDS:
            levels.pop()
        elif kind in _NODES:
            pointer = levels[-1].step(event) if levels else None
            if kind in _COLLECTIONS:
                above = levels[-1].here if levels else ()
                if not levels or within is None or above in within:
                    levels.append(_Level(above, is_mapping=kind is MappingStartEvent))
                else:
                    passed = 1
            if pointer is not None:
                yield pointer, (event.start_mark.line + 1, event.start_mark.column + 1)


def located(findings: Iterable[Finding], texts: Mapping[PurePosixPath, str]) -> tuple[Finding, ...]:
    """The findings with line and column, where `texts` has the file; the nearest place above, if need be."""
    found = tuple(findings)
    without = [finding for finding in found if finding.line is None and finding.file in texts]
    if not without:
        return found
    known = {file: _known(file, texts[file], without) for file in {finding.file for finding in without}}
    return tuple(
        _placed(finding, known[finding.file]) if finding.line is None and finding.file in known else finding
        for finding in found
    )


def places_of(pointers: Iterable[Pointer], text: str, *, is_json: bool) -> dict[Pointer, Place]:
    """The places of these pointers that are there, and of what is above; reading ends with the last."""
    awaited = {pointer[:length] for pointer in pointers for length in range(1, len(pointer) + 1)}
    known: dict[Pointer, Place] = {(): _START}
    within = frozenset(awaited)
    for pointer, place in places(text, is_json=is_json, within=within) if awaited else ():
        if pointer in awaited:
            awaited.discard(pointer)
            known[pointer] = place
            if not awaited:
                break
    return known


def _known(file: PurePosixPath, text: str, findings: list[Finding]) -> dict[Pointer, Place]:
    pointers = [finding.pointer for finding in findings if finding.file == file]
    return places_of(pointers, text, is_json=file.suffix == ".json")


def _placed(finding: Finding, known: Mapping[Pointer, Place]) -> Finding:
    pointer = finding.pointer
    while pointer not in known:
        pointer = pointer[:-1]
    line, column = known[pointer]
    return replace(finding, line=line, column=column)


def _blanked(match: re.Match[str]) -> str:
    return "_" * len(match[0])


def _events(text: str) -> Iterator[Any]:
    """The parser's events, as far as it comes: what does not parse has a finding with a place of its own."""
    with suppress(yaml.YAMLError, UnicodeEncodeError):
        get_event = _Parser(text).get_event
        while type(event := get_event()) is not StreamEndEvent:
            yield event


class _Level(Struct):
    """A collection that is open: the pointer to it, and to where in it the walk is."""

    above: Pointer
    is_mapping: bool
    here: Pointer = ()
    index: int = -1
    awaits_value: bool = False

    def step(self, event: Any) -> Pointer | None:
        """Go on to what begins with this event; its pointer if that is a key or an item, else None."""
        if not self.is_mapping:
            self.index += 1
            self.here = (*self.above, self.index)
            return self.here
        self.awaits_value = not self.awaits_value
        if not self.awaits_value:
            return None
        self.here = (*self.above, event.value if type(event) is ScalarEvent else "")
        return self.here
