"""Reads what a server asks for before it answers: the header WWW-Authenticate (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_LENGTH = 16 * 1024
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'({_WORD})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|({_WORD}))')
_SCHEME = re.compile(rf"({_WORD})(?:[ \t]+|(?=[,]|$))")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))")
_COMMAS = re.compile(r"[ \t,]*")
_ESCAPED = re.compile(r"\\(.)")


class Challenge(Struct, frozen=True):
    """One way to log in: its scheme and the names of its parameters, both in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def challenges(header: str) -> list[Challenge]:
    """The ways to log in that a header offers, in its order; what comes after an error in it is left out."""
    found: list[Challenge] = []
    position = _after(_COMMAS, header, 0)
    while position < min(len(header), _MAX_LENGTH):
        scheme = _SCHEME.match(header, position)
        if scheme is None:
            break
        parameters: dict[str, str] = {}
        position = _read_parameters(header, scheme.end(), parameters)
        found.append(Challenge(scheme[1].lower(), parameters))
    return found


def _read_parameters(header: str, position: int, found: dict[str, str]) -> int:
    """Put the parameters from `position` on into `found`; where they end."""
    while (match := _PARAMETER.match(header, position)) is not None:
        value = match[3] if match[2] is None else _ESCAPED.sub(r"\1", match[2])
        found.setdefault(match[1].lower(), value)
        position = _after(_COMMAS, header, match.end())
    if not found and (match := _TOKEN68.match(header, position)) is not None:
        position = match.end()
    return _after(_COMMAS, header, position)


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
