"""What a workspace offers to a published catalog: entries with their pictures.

A published picture is named by its content: a new one never takes the place of an old one that a catalog
still points at, whatever becomes of the catalog.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.errors import MissingError
from catalog.registry.picture_name import published_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from catalog.operations.prepare import Prepared
    from catalog.registry.layout import RepositoryVersion
    from catalog.registry.registry import Entry


class Offer(Struct, frozen=True):
    """An entry as it is to be published, and its picture's key and content, if it has one."""

    entry: Entry
    picture_key: str = ""
    picture: bytes = b""

    @property
    def images(self) -> tuple[str, ...]:
        """The images that the entry names."""
        return tuple(self.entry.data.get("docker_images", ()))


def offers(sound: Iterable[Prepared], version: RepositoryVersion) -> list[Offer]:
    """The offer of every extension, for one generation of the catalog.

    Raises:
        MissingError: a picture cannot be read.
    """
    return [_offer(one, version) for one in sound]


def _offer(one: Prepared, version: RepositoryVersion) -> Offer:
    entry = one.entries[version]
    if not one.picture or not one.picture_name:
        return Offer(entry)
    try:
        content = Path(one.picture).read_bytes()
    except OSError as error:
        raise MissingError(f"{one.picture} cannot be read: {error.strerror}.") from None
    unique = published_name(one.picture_name, content)
    data = {**entry.data, "preview_image": version.garden.pictures_url + unique}
    return Offer(replace(entry, data=data), str(version.garden.pictures / unique), content)
