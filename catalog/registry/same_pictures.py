"""Finds entries of two registries whose pictures are the same under names that publishing gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from catalog.registry.picture_name import name_before, picture_place, published_name
from catalog.registry.registry import Registry

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from catalog.registry.registry import Entry

_FIELD = "preview_image"


class Pictures(Protocol):
    """Has the pictures of a catalog."""

    def __call__(self, place: PurePosixPath, /) -> bytes | None:
        """The picture at a place that is seen from the catalog's folder; None if it is not there."""


def with_same_pictures(old: Registry, new: Registry, was: Pictures, now: Pictures) -> Registry:
    """The registry `new`, in which a picture that is the same as in `old` has the address that it has there.

    Only pictures whose names leave that open are asked for: of `old` from `was`, of `new` from `now`.
    """
    known: dict[str, list[object]] = {}
    for entry in old.entries:
        known.setdefault(entry.name, []).append(entry.data.get(_FIELD))

    def renamed(entry: Entry) -> Entry:
        address = entry.data.get(_FIELD)
        for other in known.get(entry.name, ()):
            if other == address:
                return entry
            if _is_same(entry.name, (other, was), (address, now)):
                return replace(entry, data={**entry.data, _FIELD: other})
        return entry

    return Registry(tuple(renamed(entry) for entry in new.entries))


def _is_same(extension: str, old: tuple[object, Pictures], new: tuple[object, Pictures]) -> bool:
    before, after = picture_place(old[0]), picture_place(new[0])
    if before is None or after is None:
        return False
    if before.name == after.name:
        return True
    if name_before(before.name, extension) == after.name:
        return _is_published(before, after, new[1])
    return name_before(after.name, extension) == before.name and _is_published(after, before, old[1])


def _is_published(published: PurePosixPath, plain: PurePosixPath, pictures: Pictures) -> bool:
    content = pictures(plain)
    return content is not None and published_name(plain.name, content) == published.name
