"""Looks into sections of a compose file that may have any form: what is wrong becomes a finding.

An absent or null section counts as an empty one, as Compose has it. A section of the wrong form counts as
empty too, after its finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.place import Found, Place
    from catalog.model.finding import Finding


def mapping(value: Any, place: Place) -> Found[dict[str, Any]]:
    """`value` as a mapping."""
    if isinstance(value, dict):
        return value
    if value is not None:
        yield wrong_form(value, place, "a mapping (key: value)")
    return {}


def sequence(value: Any, place: Place) -> Found[list[Any]]:
    """`value` as a list."""
    if isinstance(value, list):
        return value
    if value is not None:
        yield wrong_form(value, place, "a list (- item)")
    return []


def strings(value: Any, place: Place) -> Found[list[str]]:
    """`value` as a list of strings; one string counts as a list of one."""
    if isinstance(value, str):
        return [value]
    items = yield from sequence(value, place)
    for index, item in enumerate(items):
        if not isinstance(item, str):
            yield wrong_form(item, place / index, "text")
    return [item for item in items if isinstance(item, str)]


def scalar(value: Any, place: Place) -> Found[str | int | float | bool | None]:
    """`value` as text, a number or a boolean; None for an empty one."""
    if isinstance(value, str | int | float | bool):
        return value
    if value is not None:
        yield wrong_form(value, place, "one value")
    return None


def pairs(value: Any, place: Place) -> Found[list[tuple[str | int, str, Any]]]:
    """The entries of a section that is a mapping or a list of `KEY=VALUE`, as (position, key, value).

    The position is the key of a mapping or the index of a list; a list's `KEY` alone has the value None.
    """
    if isinstance(value, dict):
        yield from _nested(value, place)
        return [(key, key, inner) for key, inner in value.items()]
    found: list[tuple[str | int, str, Any]] = []
    for index, item in enumerate((yield from sequence(value, place))):
        if isinstance(item, str):
            key, equals, inner = item.partition("=")
            found.append((index, key, inner if equals else None))
        else:
            yield wrong_form(item, place / index, "text such as KEY=value")
    return found


def wrong_form(value: Any, place: Place, expected: str) -> Finding:
    """The finding that `value` is not what stands at `place` in a compose file."""
    message = f"{place} is {_described(value)}, but Compose takes {expected} there."
    return place.finding(codes.SECTION_INVALID, message, f"Write {place.pointer[-1]!r} as {expected}.")


def _nested(section: dict[str, Any], place: Place) -> Iterator[Finding]:
    for key, inner in section.items():
        if isinstance(inner, dict | list):
            yield wrong_form(inner, place / key, "one value")


def _described(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"text ({_shortened(value)})" if isinstance(value, str) else f"the value {_shortened(str(value))}"


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004  # enough to recognise it
