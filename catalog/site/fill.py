"""The frame of every page as a value: literal pieces with slots between them, filled by joining text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOTS = frozenset({"root", "site", "title", "description", "head", "scripts", "content"})
"""What a page puts into its frame, as HTML: `root` is the way to the site folder, `scripts` the style sheets
and scripts that only some pages need, `head` what else stands in its head."""
_SLOT = re.compile(r"\[\[([a-z]+)\]\]")


class Frame(Struct, frozen=True):
    """A page's frame: literal text at even places, names of slots at odd ones."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, document: str) -> Frame:
        """The frame in a document that has `[[slot]]` where a slot is.

        Raises:
            ValueError: it has a slot that no page fills, or none for the content.
        """
        pieces = tuple(_SLOT.split(document))
        names = set(pieces[1::2])
        if unknown := names - SLOTS:
            raise ValueError(f"the frame has slots that no page fills: {', '.join(sorted(unknown))}")
        if "content" not in names:
            raise ValueError("the frame has no slot for the content")
        return cls(pieces)

    def fill(self, values: Mapping[str, str]) -> str:
        """The page with `values` in its slots."""
        return "".join(values[piece] if index % 2 else piece for index, piece in enumerate(self.pieces))
