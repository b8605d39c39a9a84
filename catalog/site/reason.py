"""Why something is said of an entry, and the line of its compose file that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.locate import places_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from catalog.model.finding import Pointer
    from catalog.model.locate import Place

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
    known = places_of({ground.pointer for ground in found}, compose_yml, is_json=False)
    reasons = (Reason(one.word, one.sentence, _nearest(one.pointer, known)) for one in found)
    return tuple(dict.fromkeys(reasons))


def named(value: object) -> str:
    """What an author wrote, short enough to stand in a sentence."""
    text = str(value)
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"


def _nearest(pointer: Pointer, known: Mapping[Pointer, Place]) -> int:
    """The line of what the pointer leads to, or of the nearest above it; 0 where there is none."""
    while pointer and pointer not in known:
        pointer = pointer[:-1]
    return known[pointer][0] if pointer else 0
