"""Lists what is published at a stage, and who holds its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from catalog.model.names import Kind
from catalog.operations.remote_target import RemoteRequest, open_target
from catalog.operations.result import Result
from catalog.registry.entry_images import entry_images
from catalog.registry.merge_rules import range_of, version_of
from catalog.remote.lock import is_stale
from catalog.remote.lock_note import read_note

if TYPE_CHECKING:
    from pathlib import Path

    from catalog.operations.remote_target import Target


class RemoteListRequest(RemoteRequest):
    """Whose published catalog is listed, and of which kind (None: all)."""

    kind: Kind | None = None


class PublishedExtension(BaseModel):
    """One entry of a published catalog; `platform` is its range of platform versions.

    Entries of other tools are told as they stand: what they do not say is empty, what is no text is JSON.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    version: str
    platform: str = ""
    images: tuple[str, ...] = ()


class RemoteListResult(Result):
    """The entries in the order of the files; `lock` says who publishes there at the moment."""

    address: str
    extensions: tuple[PublishedExtension, ...]
    is_unfinished: bool = False
    lock: str = ""


def remote_list(root: Path, request: RemoteListRequest) -> RemoteListResult:
    """What is published at the stage of the workspace at `root`.

    Raises:
        UsageError: the stage has no store, or a setting is wrong.
        MissingError: the store cannot be reached, or refuses.
        IntegrityError: what is published is no catalog.
    """
    target = open_target(root, request)
    state = target.catalog.read()
    entries = (placed.entry for placed in target.catalog.entries(state).placed())
    return RemoteListResult(
        address=target.address,
        extensions=tuple(
            PublishedExtension(
                name=entry.name,
                kind=entry.kind,
                version=version_of(entry.data),
                platform=range_of(entry.data),
                images=entry_images(entry.data),
            )
            for entry in entries
            if request.kind in {None, entry.kind}
        ),
        is_unfinished=state.note is not None,
        lock=_holder(target),
    )


def _holder(target: Target) -> str:
    locking = target.locking(0)
    there = target.store.read(locking.key)
    holder = read_note(there.content, target.lock_seconds) if there else None
    if holder is None:
        return ""
    return f"{holder.whose}{', without a sign of life' if is_stale(there, holder) else ''}"
