"""Looks after the cache of image layers, which makes the second bundle quick."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from catalog.bundle.blob_cache import BlobCache
from catalog.operations.result import PathField, Request, Result
from catalog.workspace.cache import cache_folder

if TYPE_CHECKING:
    from catalog.bundle.blob_cache import CacheInfo


class CachePruneRequest(Request):
    """What goes: what was not used for `older_than_days` (everything, when None)."""

    older_than_days: float | None = None


class CacheResult(Result):
    """What the cache holds, or what was removed from it; times in UTC, None when there is nothing."""

    folder: PathField
    entries: int
    bytes: int
    oldest_use: datetime | None
    newest_use: datetime | None


def cache_info() -> CacheResult:
    """What the cache holds."""
    cache = BlobCache(cache_folder("blobs"))
    return _result(cache, cache.info())


def cache_prune(request: CachePruneRequest) -> CacheResult:
    """Remove what was not used for a while; what a running program uses stays.

    Raises:
        MissingError: a file cannot be removed.
    """
    cache = BlobCache(cache_folder("blobs"))
    days = request.older_than_days
    return _result(cache, cache.prune(None if days is None else timedelta(days=days)))


def _result(cache: BlobCache, info: CacheInfo) -> CacheResult:
    return CacheResult(
        folder=cache.folder,
        entries=info.entries,
        bytes=info.bytes,
        oldest_use=info.oldest,
        newest_use=info.newest,
    )
