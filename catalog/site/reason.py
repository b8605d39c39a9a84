"""Why something is said of an entry, and the line of its compose file that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.locate import places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from catalog.model.finding import Pointer

_LONGEST_NAME = 120


class Reason(Struct, frozen=True):
    """Why something is said of an entry: a word for filters, a sentence, the compose file's line or 0."""

    word: str
    sentence: str
    line: int = 0


class Ground(Struct, frozen=True):
    """A reason before its line is looked up; `pointer` leads into the compose file, or is empty."""

    word: str
    sentence: str
    pointer: Pointer = ()


def with_lines(grounds: Iterable[Ground], compose_yml: str) -> tuple[Reason, ...]:
    """The reasons with their lines, each once; the text is read only if a line is asked for."""
    found = tuple(grounds)
    lines = _lines({ground.pointer for ground in found if ground.pointer}, compose_yml)
    reasons = (Reason(one.word, one.sentence, _nearest(one.pointer, lines)) for one in found)
    return tuple(dict.fromkeys(reasons))


def named(value: object) -> str:
    """What an author wrote, short enough to stand in a sentence."""
    text = str(value)
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"


def _lines(pointers: set[Pointer], compose_yml: str) -> dict[Pointer, int]:
    """The lines of these pointers and of what is above them; reading ends with the last."""
    above = {pointer[:length] for pointer in pointers for length in range(1, len(pointer) + 1)}
    awaited = set(pointers)
    known: dict[Pointer, int] = {}
    for pointer, (line, _) in places(compose_yml, is_json=False) if awaited else ():
        if pointer in above:
            known.setdefault(pointer, line)
            awaited.discard(pointer)
            if not awaited:
                break
    return known


def _nearest(pointer: Pointer, lines: dict[Pointer, int]) -> int:
    while pointer and pointer not in lines:
        pointer = pointer[:-1]
    return lines.get(pointer, 0)
