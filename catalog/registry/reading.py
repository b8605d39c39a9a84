"""Reads apps.json and tools.json back, ours or another tool's: bytes in, entries out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.errors import IntegrityError
from catalog.model.json_text import read_foreign_json
from catalog.model.names import Kind
from catalog.model.yaml_text import DocumentError
from catalog.registry.registry import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = {word: kind for kind in Kind for word in (kind.value, kind.folder)}


def read_entries(content: bytes, source: str, default: Kind) -> tuple[Entry, ...]:
    """The entries of one catalog file, in its order.

    Args:
        content: the file.
        source: what messages call it.
        default: the kind of entries that name none.

    Raises:
        IntegrityError: it is not a list of named objects in JSON, or a name comes twice.
    """
    entries = read_all_entries(content, source, default)
    seen: set[str] = set()
    for entry in entries:
        if entry.name in seen:
            raise _refused(source, f"the name {entry.name!r} comes twice")
        seen.add(entry.name)
    return entries


def read_all_entries(content: bytes, source: str, default: Kind) -> tuple[Entry, ...]:
    """As `read_entries`, for a file in which a name may come several times.

    Raises:
        IntegrityError: it is not a list of named objects in JSON.
    """
    return tuple(_entries(_document(content, source), source, default))


def _document(content: bytes, source: str) -> list[Any]:
    try:
        document = read_foreign_json(content.decode("utf-8-sig"))
    except DocumentError as error:
        raise _refused(source, error.told) from None
    except UnicodeDecodeError as error:
        raise _refused(source, str(error)) from None
    if not isinstance(document, list):
        raise _refused(source, "it is not a list of entries")
    return document


def _entries(document: list[Any], source: str, default: Kind) -> Iterator[Entry]:
    for number, data in enumerate(document, 1):
        name = data.get("name") if isinstance(data, dict) else None
        if not isinstance(name, str) or not name:
            raise _refused(source, f"entry {number} has no name")
        yield Entry(name, _KINDS.get(_word(data), default), data)


def _word(data: dict[str, Any]) -> str:
    """The type that an entry says; the platform reads both fields, and singular and plural."""
    return str(data.get("template_type") or data.get("type") or "")


def _refused(source: str, reason: str) -> IntegrityError:
    return IntegrityError(
        f"{source} is no catalog: {reason}.", "Name a registry that `catalog build` or Kamiwaza's tools made."
    )
