"""Frees the lock of a published catalog that a publisher has left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.errors import ConflictError
from catalog.operations.remote_target import RemoteRequest, open_target
from catalog.operations.result import Result
from catalog.remote.lock import is_stale
from catalog.remote.lock_note import FREE, read_note

if TYPE_CHECKING:
    from pathlib import Path


class RemoteUnlockRequest(RemoteRequest):
    """Whose lock is freed; with `force` also one whose holder shows signs of life."""

    force: bool = False


class RemoteUnlockResult(Result):
    """Who held the lock; empty if it was free."""

    address: str
    holder: str = ""


def remote_unlock(root: Path, request: RemoteUnlockRequest) -> RemoteUnlockResult:
    """Free the lock. What its holder left unfinished is settled by the next publisher.

    Raises:
        ConflictError: the holder shows signs of life, or somebody else took the lock in between.
        UsageError: the stage has no store, or a setting is wrong.
        MissingError: the store cannot be reached, or refuses.
    """
    target = open_target(root, request)
    key = target.locking(0).key
    there = target.store.read(key)
    holder = read_note(there.content, target.lock_seconds) if there else None
    if there is None or holder is None:
        return RemoteUnlockResult(address=target.address)
    if not (request.force or is_stale(there, holder)):
        raise ConflictError(
            f"The lock of {target.address} is held by {holder.whose}, and its last sign of life is "
            f"{there.age:.0f} seconds old.",
            f"It counts as left after {holder.lock_ttl_seconds:.0f} seconds. Free it now with --force",
        )
    target.store.replace(key, FREE, there.tag)
    return RemoteUnlockResult(address=target.address, holder=holder.whose)
