"""A picture that a build draws for an entry: a file of the website that its page refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.file_tree import TreeFile
from catalog.site.addresses import within_site

if TYPE_CHECKING:
    from pathlib import PurePosixPath


class DrawnPicture(Struct, frozen=True):
    """The bytes of the picture, and where they go."""

    path: PurePosixPath
    picture: bytes

    @property
    def href(self) -> str:
        """The address of the picture in the site folder."""
        return within_site(self.path)

    @property
    def file(self) -> TreeFile:
        """The picture as a file of the website."""
        return TreeFile(self.path, self.picture)
