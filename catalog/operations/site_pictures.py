"""Gives the website the pictures of extensions, and a finding for each picture that cannot be shown."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from catalog.model import codes
from catalog.site.entry_pictures import make_pictures
from catalog.workspace.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.model.finding import Finding
    from catalog.model.names import Kind
    from catalog.site.facts import SiteFacts
    from catalog.site.picture import Unreadable

_HINT = "Save it again as PNG, JPEG, WebP, GIF or SVG, or leave it out."


def with_pictures(facts: Mapping[str, SiteFacts], kinds: Mapping[str, Kind]) -> dict[str, SiteFacts]:
    """`facts` with the pictures of each extension, and findings of its own; `kinds` says what each one is.

    Raises:
        MissingError: the cache cannot be written, or SVG files cannot be drawn here at all.
    """
    known = dict(facts)
    for name, pictures in make_pictures(facts, cache_folder("pictures")).items():
        directory = PurePosixPath(kinds[name].folder, name)
        found = tuple(_finding(directory, one) for one in pictures.unreadable)
        known[name] = replace(facts[name], pictures=pictures, findings=(*facts[name].findings, *found))
    return known


def picture_findings(facts: Mapping[str, SiteFacts]) -> tuple[Finding, ...]:
    """What `with_pictures` found."""
    found = (finding for fact in facts.values() for finding in fact.findings)
    return tuple(finding for finding in found if finding.code is codes.PICTURE_UNREADABLE)


def _finding(directory: PurePosixPath, one: Unreadable) -> Finding:
    message = f"The picture {one.file} {one.reason}, so the website does not show it."
    return codes.PICTURE_UNREADABLE.at(directory / one.file, message, hint=_HINT)
