"""The environment variables of an entry as one table, out of the four fields that speak about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.site.fields import flag, mapping, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Variable:
    """One row: `default` is None when there is none, `choices` are the values that are accepted."""

    name: str
    default: str | None
    is_required: bool
    meaning: str
    choices: tuple[str, ...] = ()


def variables(data: Mapping[str, Any]) -> tuple[Variable, ...]:
    """The variables of an entry: those that must be given first, then in the author's order."""
    required = set(texts(data, "required_env_vars"))
    rows = [_variable(data, name, name in required) for name in dict.fromkeys(_names(data))]
    return tuple(sorted(rows, key=lambda row: not row.is_required))


def _names(data: Mapping[str, Any]) -> Iterator[str]:
    yield from texts(data, "required_env_vars")
    for field in ("env_defaults", "optional_env_vars", "env_metadata"):
        yield from mapping(data, field)


def _variable(data: Mapping[str, Any], name: str, is_required: bool) -> Variable:  # noqa: FBT001
    hints = mapping(mapping(data, "env_metadata"), name)
    notes = mapping(mapping(data, "optional_env_vars"), name)
    default = mapping(data, "env_defaults").get(name, notes.get("default"))
    return Variable(
        name=name,
        default=None if default is None else _plain(default),
        is_required=is_required or flag(notes, "required"),
        meaning=text(hints, "description") or text(notes, "description") or text(hints, "label"),
        choices=_choices(hints.get("options")),
    )


def _choices(options: object) -> tuple[str, ...]:
    items = options if isinstance(options, list) else []
    return tuple(_plain(item.get("value", "") if isinstance(item, dict) else item) for item in items)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
