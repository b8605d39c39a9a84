"""Finds the line and column of a value in YAML or JSON text, in a second read once there is a finding.

JSON is read as YAML, which it is a part of but for escapes of surrogates; those are blanked, length kept.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from catalog.model.yaml_text import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding, Pointer

Places = dict["Pointer", tuple[int, int]]

_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\/")
_Parser: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def places(text: str, *, is_json: bool) -> Places:
    """The line and column (from 1) of every key and item, up to where the text stops parsing."""
    found: Places = {(): (1, 1)}
    source = _ESCAPE.sub(lambda match: "_" * len(match[0]), text) if is_json else text
    parser = _Parser(source)
    try:
        for _ in range(2):  # the starts of the stream and of the document
            parser.get_event()
        _walk(parser, parser.get_event(), (), found)
    except yaml.YAMLError:
        pass  # what does not parse has a finding of its own, with the parser's own place
    return found


def located(findings: Iterable[Finding], texts: Mapping[PurePosixPath, str]) -> tuple[Finding, ...]:
    """The findings with line and column, where `texts` has the file; the nearest place above, if need be."""
    cache: dict[PurePosixPath, Places] = {}
    result = []
    for finding in findings:
        text = texts.get(finding.file)
        if text is None or finding.line is not None:
            result.append(finding)
            continue
        if finding.file not in cache:
            cache[finding.file] = places(text, is_json=finding.file.suffix == ".json")
        line, column = _nearest(cache[finding.file], finding.pointer)
        result.append(replace(finding, line=line, column=column))
    return tuple(result)


def _nearest(found: Places, pointer: Pointer) -> tuple[int, int]:
    while pointer not in found:
        pointer = pointer[:-1]
    return found[pointer]


def _walk(parser: Any, event: Any, pointer: Pointer, found: Places) -> None:
    if len(pointer) > MAX_DEPTH:
        return
    if isinstance(event, MappingStartEvent):
        while not isinstance(key := parser.get_event(), MappingEndEvent):
            inner = (*pointer, key.value) if isinstance(key, ScalarEvent) else pointer
            found.setdefault(inner, (key.start_mark.line + 1, key.start_mark.column + 1))
            _walk(parser, parser.get_event(), inner, found)
    elif isinstance(event, SequenceStartEvent):
        index = 0
        while not isinstance(item := parser.get_event(), SequenceEndEvent):
            inner = (*pointer, index)
            found[inner] = (item.start_mark.line + 1, item.start_mark.column + 1)
            _walk(parser, item, inner, found)
            index += 1
