"""How an entry gets into Kamiwaza: the exact commands, and how much there is to carry."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.byte_size import readable

if TYPE_CHECKING:
    from catalog.site.card import Card


class Install(Struct, frozen=True):
    """Commands, ready to be copied; `size` says how much its images take, empty as long as nobody knows."""

    push: str
    package: str
    size: str


def install(card: Card) -> Install:
    """The commands for the entry of a card, quoted for a shell."""
    name = shlex.quote(card.name)
    package = f"catalog package --only {name}"
    architectures = card.profile.architectures
    if len(architectures) == 1:
        package += f" --platform linux/{shlex.quote(architectures[0])}"
    size = card.profile.size
    return Install(
        push=f"catalog kamiwaza push {name}",
        package=package,
        size="" if size is None else readable(size),
    )
