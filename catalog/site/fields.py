"""Tolerant looks into an entry's data; what has the wrong form counts as absent.

Entries of other registries were never checked by us, and one odd entry must not stop a website.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def text(data: Mapping[str, Any], field: str) -> str:
    """The text of a field, without white space around it; empty for anything else."""
    value = data.get(field)
    return value.strip() if isinstance(value, str) else ""


def texts(data: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """The texts of a list, each once, in order."""
    value = data.get(field)
    items = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(item.strip() for item in items if isinstance(item, str) and item.strip()))


def mapping(data: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The mapping of a field, with its keys as text."""
    value = data.get(field)
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def flag(data: Mapping[str, Any], field: str) -> bool:
    """Whether a field is true, and not merely something that counts as true."""
    return data.get(field) is True


def web_address(data: Mapping[str, Any], field: str) -> str:
    """An address that a link may lead to: http and https only."""
    address = text(data, field)
    return address if address.lower().startswith(("https://", "http://")) else ""
