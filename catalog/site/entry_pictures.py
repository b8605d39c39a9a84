"""All pictures of the entries: which files of an extension the website shows, and what became of them."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from msgspec import Struct

from catalog.model.picture import PICTURE_SUFFIXES
from catalog.site.picture import EntryPictures, Picture, Unreadable
from catalog.site.pictures import PictureMaker
from catalog.site.readme_places import within_extension

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from catalog.site.facts import SiteFacts

MAX_GALLERY = 12
MAX_SHOWN = 50
"""What one entry's documents may show; a page with more is no page that people wait for."""
_THREADS = 4
_PICTURE_NAME = re.compile(r"\.(?:png|jpe?g|webp|gif|svg)\b", re.IGNORECASE)


Role = Literal["preview", "gallery", "shown"]


def make_pictures(facts: Mapping[str, SiteFacts], cache: Path) -> dict[str, EntryPictures]:
    """The pictures of all entries, by name; entries that want none are left out.

    Raises:
        MissingError: the cache cannot be written, or SVG files cannot be drawn here at all.
    """
    wanted = {name: uses for name, fact in facts.items() if (uses := tuple(_uses(fact)))}
    files = list(dict.fromkeys(use.file for uses in wanted.values() for use in uses if use.file))
    with PictureMaker(cache) as maker, ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as threads:
        made = dict(zip(files, threads.map(lambda file: maker.make(Path(file)), files), strict=True))
    return {name: _entry(uses, made) for name, uses in wanted.items()}


class _Use(Struct, frozen=True):
    """A picture that an entry wants to show: where, its path in the extension, its file (empty: none)."""

    role: Role
    path: PurePosixPath
    file: str


def _uses(fact: SiteFacts) -> Iterator[_Use]:
    if fact.picture:
        yield _Use("preview", _path(fact.picture, fact.files), fact.picture)
    for name in fact.notes.gallery[:MAX_GALLERY]:
        path = within_extension(name) or PurePosixPath(name)
        yield _Use("gallery", path, fact.files.get(path, ""))
    text = fact.readme + fact.changelog
    if _PICTURE_NAME.search(text):
        named = (_Use("shown", path, file) for path, file in fact.files.items() if _is_named(path, text))
        yield from islice(named, MAX_SHOWN)


def _path(file: str, files: Mapping[PurePosixPath, str]) -> PurePosixPath:
    return next((path for path, other in files.items() if other == file), PurePosixPath(Path(file).name))


def _is_named(path: PurePosixPath, text: str) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and (path.name in text or quote(path.name) in text)


def _entry(uses: Sequence[_Use], made: Mapping[str, Picture | Unreadable]) -> EntryPictures:
    preview, gallery, shown, unreadable = None, [], {}, []
    for use in uses:
        result = made.get(use.file) or Unreadable("", "is not in the extension")
        if isinstance(result, Unreadable):
            unreadable.append(Unreadable(str(use.path), result.reason))
        elif use.role == "preview":
            preview = result
        elif use.role == "gallery":
            gallery.append(result)
        else:
            shown[use.path] = result
    return EntryPictures(preview, tuple(gallery), shown, tuple(dict.fromkeys(unreadable)))
