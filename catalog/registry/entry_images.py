"""Which images an entry names, whoever wrote it: what has the wrong form names none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.model import compose
from catalog.model.yaml_text import DocumentError, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIELDS = ("docker_images", "image", "extra_docker_images")


def named_images(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The images in the entry's own fields, each once; each field may have one reference or a list."""
    return tuple(dict.fromkeys(ref for field in _FIELDS for ref in _refs(data.get(field))))


def entry_images(data: Mapping[str, Any]) -> tuple[str, ...]:
    """All images of an entry, each once: those of its fields, then those that only its compose text has."""
    return tuple(dict.fromkeys([*named_images(data), *_deployed(data.get("compose_yml"))]))


def _refs(value: Any) -> Iterator[str]:
    for ref in value if isinstance(value, list) else [value]:
        if isinstance(ref, str) and ref:
            yield ref


def _deployed(text: Any) -> Iterator[str]:
    try:
        services = compose.services(read_yaml(text if isinstance(text, str) else ""))
    except DocumentError:
        return
    for service in services.values():
        yield from _refs(service.get("image"))
