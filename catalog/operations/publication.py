"""Brings offers into a published catalog: plan, images, lock, backup, pictures, catalog.

The plan is made before the lock is taken, and again under it if the catalog has changed in between. Nothing
is written unless every step of the plan may be done and every image that it needs is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.errors import ConflictError
from catalog.registry.merge import MergePlan, merge
from catalog.remote.lock import held
from catalog.remote.store import OvertakenError
from catalog.workspace.backups import backup_folder, keep_backup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from catalog.operations.offer import Offer
    from catalog.operations.pullable import PullableImages
    from catalog.operations.remote_target import Target
    from catalog.registry.published import Published
    from catalog.remote.catalog_state import State
    from catalog.remote.lock import Lease


class Wishes(Struct, frozen=True):
    """What is to be published: `forced` names replace what is there, `wait` is seconds for the lock."""

    offers: Sequence[Offer]
    images: PullableImages
    forced: frozenset[str] = frozenset()
    wait: float = 300.0


class Outcome(Struct, frozen=True):
    """The plan, what was published before, missing images, and whether anything was done."""

    plan: MergePlan
    published: Published
    missing: Mapping[str, str]
    is_published: bool = False
    backup: Path | None = None

    @property
    def is_blocked(self) -> bool:
        """Whether a conflict or a missing image forbids to publish."""
        return bool(self.plan.conflicts or self.missing)


def plan_publication(target: Target, wishes: Wishes) -> Outcome:
    """What publishing would do; reads only.

    Raises:
        MissingError: the store or a registry cannot be reached, or refuses.
        IntegrityError: what is published is no catalog.
    """
    return _planned(target, target.catalog.read(), wishes)


def carry_out(target: Target, wishes: Wishes) -> Outcome:
    """Publish; wholly or not at all. What a publisher that is gone left unfinished is settled in any case.

    Raises:
        ConflictError: the lock is held by others for too long, or was lost.
        MissingError: the store, a registry or the disk cannot be reached, or refuses.
        IntegrityError: what is published is no catalog, or the store does not keep what is written.
    """
    before = target.catalog.read()
    first = _planned(target, before, wishes)
    if before.note is None and (first.is_blocked or not first.plan.written):
        return first
    with held(target.locking(wishes.wait), target.lock_note()) as lease:
        state = target.catalog.settle(lease, before)
        now = first if state.contents() == before.contents() else _planned(target, state, wishes)
        if now.is_blocked or not now.plan.written:
            return now
        backup = back_up(target, state, lease)
        _upload_pictures(target, wishes.offers, now.plan, lease)
        target.catalog.write(state, now.published, now.plan.result, lease)
    return replace(now, is_published=True, backup=backup)


def back_up(target: Target, state: State, lease: Lease) -> Path:
    """Keep what is published; where that is.

    Raises:
        MissingError: the disk refuses.
    """
    apps, tools = state.contents()
    files = {"apps.json": apps, "tools.json": tools}
    name = f"{target.clock.now():%Y%m%dT%H%M%S.%f}Z-{lease.token[:8]}"
    return keep_backup(
        backup_folder(target.address),
        name,
        {file: content for file, content in files.items() if content is not None},
    )


def _planned(target: Target, state: State, wishes: Wishes) -> Outcome:
    published = target.catalog.entries(state)
    entries = (offer.entry for offer in wishes.offers)
    plan = merge(published, entries, by_range=target.by_range, forced=wishes.forced)
    refs = dict.fromkeys(ref for offer in _written(wishes.offers, plan) for ref in offer.images)
    return Outcome(plan, published, wishes.images.missing(tuple(refs)) if refs else {})


def _written(offers: Iterable[Offer], plan: MergePlan) -> list[Offer]:
    written = {entry.name for entry in plan.written}
    return [offer for offer in offers if offer.entry.name in written]


def _upload_pictures(target: Target, offers: Iterable[Offer], plan: MergePlan, lease: Lease) -> None:
    for offer in _written(offers, plan):
        if not offer.picture_key:
            continue
        lease.ensure()
        try:
            target.store.create(offer.picture_key, offer.picture)
        except OvertakenError:
            there = target.store.read(offer.picture_key)
            if there is None or there.content != offer.picture:
                raise ConflictError(
                    f"{target.store.address}/{offer.picture_key} is there with another content.",
                    "Find out who has put it there; a picture's name has the digest of its content.",
                ) from None
