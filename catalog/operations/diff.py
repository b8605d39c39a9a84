"""Tells what changed from one registry to another: folders, bundles, files or addresses."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.operations.registry_source import Catalog, catalogs
from catalog.operations.result import Request, Result, StructField
from catalog.registry.difference import EntryDifference, differences
from catalog.registry.layout import RepositoryVersion
from catalog.registry.merge_rules import RANGE_FIELD
from catalog.registry.release_note import release_note
from catalog.registry.same_pictures import with_same_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator


class DiffRequest(Request):
    """Two registries, whose certificates to believe besides, and whether a difference is a failure.

    Each is a folder (a workspace that was built, a registry, a garden), an apps.json, a bundle, or the
    address of a registry.
    """

    old: str
    new: str
    ca: Path | None = None
    fail_on_difference: bool = False


class DiffResult(Result):
    """How many entries each has, and every entry that differs."""

    old_entries: int
    new_entries: int
    differences: tuple[StructField[EntryDifference], ...]
    fail_on_difference: bool

    @property
    def exit_code(self) -> int:
        """1 when they differ and that was asked for."""
        return self.FOUND if self.fail_on_difference and self.differences else self.DONE

    @property
    def note(self) -> str:
        """The differences as Markdown."""
        return release_note(self.differences)


def diff(request: DiffRequest) -> DiffResult:
    """Compare two registries.

    Raises:
        UsageError: the file of certificates cannot be used.
        MissingError: one is not there, or cannot be reached.
        IntegrityError: one is no registry.
    """
    with ExitStack() as opened:
        was, now = _compared(
            catalogs(request.old, request.ca, opened), catalogs(request.new, request.ca, opened)
        )
        old = was.registry()
        new = with_same_pictures(old, now.registry(), was.picture, now.picture)
    return DiffResult(
        old_entries=len(old.entries),
        new_entries=len(new.entries),
        differences=differences(old, new, _not_in_both(was, now)),
        fail_on_difference=request.fail_on_difference,
    )


def _compared(old: Iterator[Catalog], new: Iterator[Catalog]) -> tuple[Catalog, Catalog]:
    """The first generation that both have; else the first of each. No more are looked for than that needs."""
    first = next(old), next(new)
    if first[0].version is first[1].version:
        return first
    olds, news = [first[0], *old], [first[1], *new]
    return next(((was, now) for was in olds for now in news if was.version is now.version), first)


def _not_in_both(was: Catalog, now: Catalog) -> frozenset[str]:
    """The fields that only one of two generations has, so that nothing is said by their absence."""
    has_ranges = {one.version is not RepositoryVersion.V1 for one in (was, now) if one.version}
    return frozenset({RANGE_FIELD}) if len(has_ranges) > 1 else frozenset()
