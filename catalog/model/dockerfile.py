"""Reads a Dockerfile: its instructions with their lines, and the stages that they make up.

The grammar is that of BuildKit's Dockerfile reference: continued lines, comments between them, another
escape character by directive, and here-documents. What does not fit is left out; nothing is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)(?:\s+(.*))?", re.DOTALL)
_HERE = re.compile(r"<<(-?)(?P<quote>[\"']?)([A-Za-z_][A-Za-z0-9_]*)(?P=quote)")
_WITH_HERE = frozenset({"RUN", "COPY", "ADD"})
_FROM = re.compile(r"(?:--\S+\s+)*(\S+)(?:\s+[Aa][Ss]\s+(\S+))?\s*")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-([^{}]*))?\})")


class Instruction(Struct, frozen=True):
    """One instruction: its word in capitals, what follows with continued lines joined, its line from 1.

    `documents` are the texts of its here-documents, in order.
    """

    word: str
    value: str
    line: int
    documents: tuple[str, ...] = ()


class Stage(Struct, frozen=True):
    """One build stage: the image or stage that it starts `base`, its own name, and its instructions.

    The defaults of `ARG` are filled into `base`; `name` is empty if it has none.
    """

    base: str
    name: str
    line: int
    instructions: tuple[Instruction, ...]


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions of the Dockerfile `text`, in order."""
    lines = text.split("\n")
    escape = _escape(lines)
    position = 0
    while position < len(lines):
        start = position
        statement, position = _statement(lines, position, escape)
        match = _INSTRUCTION.fullmatch(statement)
        if match is None:
            continue
        word, value = match[1].upper(), (match[2] or "").strip()
        documents: list[str] = []
        for here in _HERE.finditer(value) if word in _WITH_HERE else ():
            document, position = _document(lines, position, here[3], is_indented=bool(here[1]))
            documents.append(document)
        yield Instruction(word, value, start + 1, tuple(documents))


@lru_cache(maxsize=64)
def stages(text: str) -> tuple[Stage, ...]:
    """The stages of the Dockerfile `text`, in order; none if it has no `FROM`."""
    arguments: dict[str, str] = {}
    heads: list[tuple[str, str, int, list[Instruction]]] = []
    for instruction in instructions(text):
        match = _FROM.fullmatch(instruction.value) if instruction.word == "FROM" else None
        if match is not None:
            heads.append((_filled(match[1], arguments), match[2] or "", instruction.line, []))
        elif heads:
            heads[-1][3].append(instruction)
        elif instruction.word == "ARG":
            name, _, default = instruction.value.partition("=")
            arguments[name] = default.strip("\"'")
    return tuple(Stage(base, name, line, tuple(inside)) for base, name, line, inside in heads)


def lineage(text: str, target: str = "") -> tuple[Stage, ...]:
    """The stages whose instructions an image has: from the one that starts from an image to the last.

    `target` names the last one, by name or number; without it, or if there is none such, it is the file's
    last. Empty if the file has no stages.
    """
    known = stages(text)
    position = _position(known, target, len(known))
    if position is None:
        position = len(known) - 1
    found: list[Stage] = []
    while position is not None and position >= 0:
        found.insert(0, known[position])
        position = _position(known, known[position].base, position)
    return tuple(found)


def _position(known: tuple[Stage, ...], name: str, before: int) -> int | None:
    """Where, among the stages `before` one, the stage called `name` is; the last one if several are."""
    named = [index for index in range(before) if name and known[index].name.lower() == name.lower()]
    if named:
        return named[-1]
    return int(name) if name.isascii() and name.isdigit() and int(name) < before else None


def _escape(lines: list[str]) -> str:
    """The escape character: directives stand at the top of the file, before anything else."""
    for line in lines:
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break
        if match[1].lower() == "escape" and match[2] in {"`", "\\"}:
            return match[2]
    return "\\"


def _statement(lines: list[str], position: int, escape: str) -> tuple[str, int]:
    """The logical line that begins at `position`, and where the next one does."""
    parts: list[str] = []
    while position < len(lines):
        line = lines[position].rstrip()
        position += 1
        is_inside = bool(parts)
        if line.lstrip().startswith("#") or (is_inside and not line):
            if not is_inside:
                break
            continue
        if not line.endswith(escape):
            parts.append(line)
            break
        parts.append(line[: -len(escape)])
    return " ".join(parts), position


def _document(lines: list[str], position: int, end: str, *, is_indented: bool) -> tuple[str, int]:
    """The here-document that begins at `position` and ends with the line `end`, and where it goes on."""
    inside: list[str] = []
    while position < len(lines):
        line = lines[position].rstrip("\r")
        line = line.lstrip("\t") if is_indented else line
        position += 1
        if line == end:
            break
        inside.append(line)
    return "\n".join(inside), position


def _filled(text: str, arguments: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda match: arguments.get(match[1] or match[2]) or match[3] or "", text)
