"""The environment variables of an entry as one table, out of the four fields that speak about them.

Variables that its compose file reads are settings too, and follow at the end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from catalog.site.fields import flag, mapping, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMMENT = re.compile(r"(?m)^[ \t]*#.*$")
_READ = re.compile(
    r"\$(?:\$|\{(?P<name>[A-Za-z_]\w*)(?P<way>:?[-?+])?(?P<word>[^{}$]*)\}|(?P<bare>[A-Za-z_]\w*))"
)
"""`$$` is Compose's literal dollar; a default that holds another variable is not read."""
_OF_THE_PLATFORM = re.compile(r"KAMIWAZA_(?!API_URI$)\w+|OPENAI_BASE_URL|FORWARDAUTH_SIGNATURE_SECRET")


class Variable(Struct, frozen=True):
    """One row: `default` is None when there is none, `choices` are the values that are accepted.

    `label` is what people call it. `is_from_platform` tells that Kamiwaza sets it, so nobody has to.
    """

    name: str
    default: str | None
    is_required: bool
    meaning: str
    choices: tuple[str, ...] = ()
    label: str = ""
    is_from_platform: bool = False


def variables(data: Mapping[str, Any], compose_yml: str = "") -> tuple[Variable, ...]:
    """The variables of an entry: those that must be given first, then in the author's order."""
    fields = _Fields(
        frozenset(texts(data, "required_env_vars")),
        mapping(data, "env_defaults"),
        mapping(data, "env_metadata"),
        mapping(data, "optional_env_vars"),
    )
    rows = {name: fields.variable(name) for name in [*texts(data, "required_env_vars"), *fields.names()]}
    for variable in _read_by(compose_yml) if "$" in compose_yml else ():
        known = rows.setdefault(variable.name, variable)
        if known.default is None and variable.default is not None:
            rows[variable.name] = replace(known, default=variable.default)
    return tuple(sorted(rows.values(), key=lambda row: not row.is_required))


class _Fields(Struct, frozen=True):
    """What the manifest says about variables, by name."""

    required: frozenset[str]
    defaults: Mapping[str, Any]
    hints: Mapping[str, Any]
    notes: Mapping[str, Any]

    def names(self) -> Iterator[str]:
        yield from self.defaults
        yield from self.notes
        yield from self.hints

    def variable(self, name: str) -> Variable:
        hints, notes = mapping(self.hints, name), mapping(self.notes, name)
        default = self.defaults.get(name, notes.get("default"))
        described = text(hints, "description") or text(notes, "description")
        label = text(hints, "label")
        return Variable(
            name=name,
            default=None if default is None else _plain(default),
            is_required=name in self.required or flag(notes, "required"),
            meaning=described or label,
            choices=_choices(hints.get("options")),
            label=label if described else "",
            is_from_platform=_OF_THE_PLATFORM.fullmatch(name) is not None,
        )


def _read_by(compose_yml: str) -> Iterator[Variable]:
    """The variables that a compose file puts in; `${NAME:?}` must be given."""
    for match in _READ.finditer(_COMMENT.sub("", compose_yml)):
        name = match["name"] or match["bare"]
        if name is None:
            continue
        way = match["way"] or ""
        is_from_platform = _OF_THE_PLATFORM.fullmatch(name) is not None
        yield Variable(
            name=name,
            default=match["word"] if way.endswith("-") else None,
            is_required=way.endswith("?") and not is_from_platform,
            meaning=match["word"] if way.endswith("?") else "",
            is_from_platform=is_from_platform,
        )


def _choices(options: object) -> tuple[str, ...]:
    items = options if isinstance(options, list) else []
    return tuple(_plain(item.get("value", "") if isinstance(item, dict) else item) for item in items)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
