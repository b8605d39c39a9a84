"""Finds the line and column of a value in YAML or JSON text, in a second read once there is a finding.

JSON is read as YAML, which it is a part of but for escapes of surrogates; those are blanked, length kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent, MappingStartEvent, NodeEvent, ScalarEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding, Pointer

Place = tuple[int, int]
"""A line and a column, both from 1."""

_START: Place = (1, 1)
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\/")
_Parser: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def places(text: str, *, is_json: bool) -> Iterator[tuple[Pointer, Place]]:
    """Every key and item with its place, in the order of the text, up to where that stops parsing."""
    walk = _Walk([])
    for event in _events(_ESCAPE.sub(_blanked, text) if is_json else text):
        pointer = walk.follow(event)
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


def _known(file: PurePosixPath, text: str, findings: list[Finding]) -> dict[Pointer, Place]:
    """The places that findings of `file` point to, and of what is above; reading ends with the last."""
    pointers = [finding.pointer for finding in findings if finding.file == file]
    awaited = {pointer[:length] for pointer in pointers for length in range(1, len(pointer) + 1)}
    known: dict[Pointer, Place] = {(): _START}
    for pointer, place in places(text, is_json=file.suffix == ".json") if awaited else ():
        if pointer in awaited:
            awaited.discard(pointer)
            known[pointer] = place
            if not awaited:
                break
    return known


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
    try:
        yield from yaml.parse(text, Loader=_Parser)
    except yaml.YAMLError:
        return


@dataclass(slots=True)
class _Level:
    """A collection that is open: where in it the walk is."""

    is_mapping: bool
    key: str = ""
    index: int = -1
    awaits_value: bool = False

    @property
    def step(self) -> str | int:
        """The last part of a pointer to where the walk is."""
        return self.key if self.is_mapping else self.index


@dataclass(slots=True)
class _Walk:
    """Follows events through a document and knows the pointer to where it is."""

    levels: list[_Level]

    def follow(self, event: Any) -> Pointer | None:
        """Take one event; the pointer of the key or item that begins with it, None for anything else."""
        if isinstance(event, CollectionEndEvent):
            self.levels.pop()
            return None
        if not isinstance(event, NodeEvent):
            return None
        pointer = self._step(event) if self.levels else None
        if isinstance(event, CollectionStartEvent):
            self.levels.append(_Level(isinstance(event, MappingStartEvent)))
        return pointer

    def _step(self, event: NodeEvent) -> Pointer | None:
        level = self.levels[-1]
        if level.is_mapping:
            level.awaits_value = not level.awaits_value
            if not level.awaits_value:
                return None
            level.key = event.value if isinstance(event, ScalarEvent) else ""
        else:
            level.index += 1
        return tuple(level.step for level in self.levels)
