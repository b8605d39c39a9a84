"""Compose's variables in text: `$NAME`, `${NAME}`, `${NAME:-default}` and their kin.

The grammar is that of the Compose specification, "Interpolation"; `$$` is a literal dollar. Nothing is
ever looked up in an environment: the file must mean the same on every machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_NESTING = 16
_OPEN = re.compile(r"\$\$|\$\{|\$([A-Za-z_][A-Za-z0-9_]*)")
_BODY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])(.*))?", re.DOTALL)
_BRACE = re.compile(r"\$\{|\}")


class UnresolvedVariableError(ValueError):
    """A variable without a default where a value is needed; `name` is the variable's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the variable {name} has no default")
        self.name = name


class Variable(Struct, frozen=True):
    """One use: the variable's name, the operator (`:-`, `-`, `:?`, `?`, `:+`, `+` or none), what follows."""

    name: str
    operator: str = ""
    word: str = ""

    @property
    def default(self) -> str | None:
        """What it means when nothing is set, itself perhaps with variables; None when it needs a value."""
        return {"-": self.word, "+": ""}.get(self.operator[-1:])


def resolved(text: str, depth: int = 0) -> str:
    """`text` with the default of every variable in its place and `$$` as one dollar.

    Raises:
        UnresolvedVariableError: a variable has no default, or defaults nest deeper than 16 levels.
    """
    if "$" not in text:
        return text
    return "".join(part if isinstance(part, str) else _default(part, depth) for part in _parts(text))


def filled(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """`text` as Compose fills it in where `values` alone are set; without value or default stands nothing."""
    if "$" not in text:
        return text
    if depth > MAX_NESTING:
        return ""
    return "".join(part if isinstance(part, str) else _value(part, values, depth) for part in _parts(text))


def variables_without_default(text: str, depth: int = 0) -> Iterator[str]:
    """The names of the variables that `text` needs from outside, also those within defaults."""
    if "$" not in text or depth > MAX_NESTING:
        return
    for part in _parts(text):
        if isinstance(part, Variable):
            if part.default is None:
                yield part.name
            else:
                yield from variables_without_default(part.default, depth + 1)


def split(text: str, separator: str = ":") -> list[str]:
    """`text` cut at every `separator` that stands outside of `${...}`."""
    if "${" not in text:
        return text.split(separator)
    pieces = [""]
    position = 0
    while position < len(text):
        end = _closing(text, position + 2) if text.startswith("${", position) else position + 1
        if text[position] == separator:
            pieces.append("")
        else:
            pieces[-1] += text[position:end]
        position = end
    return pieces


def _value(variable: Variable, values: Mapping[str, str], depth: int) -> str:
    value = values.get(variable.name)
    is_set = value is not None and (value != "" or not variable.operator.startswith(":"))
    if variable.operator.endswith("+"):
        return filled(variable.word, values, depth + 1) if is_set else ""
    if value is not None and is_set:
        return value
    return filled(variable.default or "", values, depth + 1)


def _default(variable: Variable, depth: int) -> str:
    if variable.default is None or depth > MAX_NESTING:
        raise UnresolvedVariableError(variable.name)
    return resolved(variable.default, depth + 1)


def _parts(text: str) -> Iterator[str | Variable]:
    """The literal pieces and the variables of `text`; what is no variable after all stays literal."""
    position = 0
    while match := _OPEN.search(text, position):
        yield text[position : match.start()]
        position = match.end()
        if match[0] == "$$":
            yield "$"
        elif match[1]:
            yield Variable(match[1])
        else:
            position = _closing(text, match.end())
            yield _braced(text[match.start() : position])
    yield text[position:]


def _braced(text: str) -> str | Variable:
    body = _BODY.fullmatch(text[2:-1]) if text.endswith("}") else None
    return Variable(body[1], body[2] or "", body[3] or "") if body else text


def _closing(text: str, position: int) -> int:
    """The index after the brace that closes the one opened before `position`; the text's end without one."""
    depth = 1
    for match in _BRACE.finditer(text, position):
        depth += 1 if match[0] == "${" else -1
        if depth == 0:
            return match.end()
    return len(text)
