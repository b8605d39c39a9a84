"""Removes extensions from a published catalog; their images and pictures stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from catalog.errors import UsageError
from catalog.operations.publication import back_up
from catalog.operations.remote_target import RemoteRequest, open_target
from catalog.operations.result import PathField, Result
from catalog.registry.merge import without
from catalog.registry.merge_rules import version_of
from catalog.remote.lock import held

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.operations.remote_target import Target
    from catalog.registry.published import Published
    from catalog.registry.stage import Stage


class RemoteRemoveRequest(RemoteRequest):
    """What to remove; with `dry_run` nothing is written, `wait` is the seconds to wait for the lock."""

    names: tuple[str, ...] = Field(min_length=1)
    dry_run: bool = False
    wait: float = 300.0


class RemoteRemoveResult(Result):
    """The entries that were removed, or would be, as `name version`."""

    address: str
    dry_run: bool
    removed: tuple[str, ...]
    backup: PathField | None = None


def remote_remove(root: Path, request: RemoteRemoveRequest) -> RemoteRemoveResult:
    """Remove every entry that has one of the names, from both files.

    Raises:
        UsageError: a name is not published, or the stage has no store.
        ConflictError: the lock is held by others for too long, or was lost.
        MissingError: the store or the disk cannot be reached, or refuses.
        IntegrityError: what is published is no catalog.
    """
    target = open_target(root, request)
    names = frozenset(request.names)
    removed = _found(target.catalog.entries(target.catalog.read()), names, target, request.stage)
    if request.dry_run:
        return RemoteRemoveResult(address=target.address, dry_run=True, removed=removed)
    with held(target.locking(request.wait), target.lock_note()) as lease:
        state = target.catalog.settle(lease)
        published = target.catalog.entries(state)
        removed = _found(published, names, target, request.stage)
        backup = back_up(target, state, lease)
        target.catalog.write(state, published, without(published, names), lease)
    return RemoteRemoveResult(address=target.address, dry_run=False, removed=removed, backup=backup)


def _found(published: Published, names: frozenset[str], target: Target, stage: Stage) -> tuple[str, ...]:
    entries = [placed.entry for placed in published.placed() if placed.entry.name in names]
    unknown = sorted(names - {entry.name for entry in entries})
    if unknown:
        generation = f" --repo-version {target.version.value}" if target.by_range else ""
        raise UsageError(
            f"{unknown[0]} is not published in {target.address}.",
            f"See: catalog remote list --stage {stage.value}{generation}",
        )
    return tuple(f"{entry.name} {version_of(entry.data)}" for entry in entries)
