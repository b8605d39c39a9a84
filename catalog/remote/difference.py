"""What of a template on the platform differs from what would be sent, field by field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMPTY_IS_NULL = frozenset({"tags", "env_defaults", "required_env_vars", "capabilities", "description"})
"""Fields of which the platform stores nothing and an empty value alike."""
_LINE_END_IS_FREE = "compose_yml"


class Change(Struct, frozen=True):
    """One field that differs: what the platform has, and what would take its place."""

    field: str
    before: Any
    after: Any


def changes(sent: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[Change, ...]:
    """The fields in which `told`, what the platform has, differs from `sent`.

    A field that the platform does not tell cannot be compared; see `untold`.
    """
    return tuple(
        Change(field, told[field], value)
        for field, value in sent.items()
        if field in told and _form(field, told[field]) != _form(field, value)
    )


def untold(sent: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that are sent although nobody can see whether they differ."""
    return tuple(field for field in sent if field not in told)


def _form(field: str, value: Any) -> str:
    """The value as JSON, so that true is not 1; what means the same has the same form."""
    if field in _EMPTY_IS_NULL and not value and not isinstance(value, bool | int | float):
        return "null"
    if field == _LINE_END_IS_FREE and isinstance(value, str):
        value = value.rstrip("\n")
    return json.dumps(value, sort_keys=True, default=str)
