"""What the commands that talk to a published catalog share: the stage's store, its catalog, and its lock."""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.errors import UsageError
from catalog.operations.result import Request
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.remote.clock import SystemClock
from catalog.remote.lock import Locking
from catalog.remote.lock_note import LockNote
from catalog.remote.open_store import open_store
from catalog.remote.published_catalog import PublishedCatalog
from catalog.workspace.publish_settings import load_publish_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from catalog.registry.layout import Garden
    from catalog.remote.clock import Clock
    from catalog.remote.store import Store

_OWNERS = ("CI_JOB_ID", "GITHUB_RUN_ID")


class RemoteRequest(Request):
    """Whose published catalog is meant: the stage, and the generation of the catalog."""

    stage: Stage = Stage.DEV
    version: RepositoryVersion = RepositoryVersion.V1


class Target(Struct, frozen=True):
    """One published catalog, and its lock, which is stale after `lock_seconds` without a sign of life."""

    store: Store
    version: RepositoryVersion
    lock_name: str
    lock_seconds: float
    clock: Clock

    @property
    def garden(self) -> Garden:
        """The names of its files."""
        return self.version.garden

    @property
    def address(self) -> str:
        """The catalog's folder, for messages."""
        return f"{self.store.address}/{self.garden.folder}"

    @property
    def by_range(self) -> bool:
        """Whether it keeps an entry for each range of platform versions."""
        return self.version is not RepositoryVersion.V1

    @property
    def catalog(self) -> PublishedCatalog:
        """The catalog itself."""
        return PublishedCatalog(self.store, self.garden)

    def locking(self, wait: float) -> Locking:
        """Its lock, to be waited for so many seconds."""
        return Locking(self.store, str(self.garden.folder / self.lock_name), wait, self.clock)

    def lock_note(self, environment: Mapping[str, str] | None = None) -> LockNote:
        """What this process writes into the lock."""
        given = os.environ if environment is None else environment
        return LockNote(
            token=secrets.token_hex(16),
            owner=next((given[name] for name in _OWNERS if given.get(name)), "manual"),
            hostname=socket.gethostname(),
            pid=os.getpid(),
            acquired_at=self.clock.now().isoformat(timespec="seconds"),
            lock_ttl_seconds=self.lock_seconds,
        )


def open_target(root: Path, request: RemoteRequest) -> Target:
    """The catalog that the request means, by the settings of the workspace at `root`.

    Raises:
        UsageError: the stage has no store, or a setting is wrong.
        MissingError: what speaks to such a store is not installed.
    """
    settings = load_publish_settings(root, request.stage)
    if not settings.store:
        raise UsageError(
            f"The stage {request.stage.value} has no store to publish to.",
            f'Put into catalog.toml: [publish.{request.stage.value}] with store = "s3://bucket/prefix"',
        )
    store = open_store(settings)
    return Target(store, request.version, settings.lock_name, settings.lock_seconds, SystemClock())
