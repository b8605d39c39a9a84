"""Opens the store that an address means: `file:///folder` or `s3://bucket/prefix`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from catalog.errors import MissingError
from catalog.remote.directory_store import DirectoryStore

if TYPE_CHECKING:
    from catalog.remote.store import Store
    from catalog.workspace.publish_settings import PublishSettings

MAX_BYTES = 256 * 1024 * 1024
"""The largest file that is taken from a store."""


def open_store(settings: PublishSettings) -> Store:
    """The store of one stage, whose `store` is not empty.

    Raises:
        UsageError: the profile is not there, or the endpoint is no address.
        MissingError: boto3 is not installed.
    """
    parts = urlsplit(settings.store)
    if parts.scheme == "file":
        return DirectoryStore(Path(unquote(parts.path)), MAX_BYTES)
    try:
        from catalog.remote.s3_store import Bucket, S3Store  # noqa: PLC0415  # boto3 is an extra, and slow
    except ImportError:
        raise MissingError(
            "Publishing to an S3-compatible store needs boto3.",
            "Install what stores need: pip install httpx boto3",
        ) from None
    prefix = parts.path.strip("/")
    return S3Store(
        Bucket(
            name=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            endpoint=settings.endpoint or None,
            region=settings.region or None,
            profile=settings.profile or None,
        ),
        MAX_BYTES,
    )
