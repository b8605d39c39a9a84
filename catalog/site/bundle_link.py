"""Where the bundle of one entry can be fetched: the pattern of the settings and a card in, a link out."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from msgspec import Struct

from catalog.model.names import is_name
from catalog.site.addresses import extension_page

if TYPE_CHECKING:
    from catalog.site.card import Card

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]*")
"""What may stand in the name of a file; nobody has published a bundle of anything else."""


class BundleLink(Struct, frozen=True):
    """A bundle that can be fetched: the address, as its page links to it, and the name of the file."""

    address: str
    file: str

    @property
    def word(self) -> str:
        """The name of the file, quoted for a shell."""
        return shlex.quote(self.file)


def bundle_link(pattern: str, card: Card) -> BundleLink | None:
    """The link to the bundle of an entry's version; None without a pattern, or if no file is called so."""
    if not pattern or not is_name(card.name):
        return None
    address = pattern.replace("{name}", card.name)
    if "{version}" in address:
        if not _VERSION.fullmatch(card.version):
            return None
        address = address.replace("{version}", quote(card.version, safe=""))
    file = unquote(address.rpartition("/")[2])
    return BundleLink(address if "://" in address else _to_registry(card) + address, file)


def _to_registry(card: Card) -> str:
    """The way from an entry's page to the registry's root."""
    return "../" * (len(extension_page(card.name).parts) - 1)
