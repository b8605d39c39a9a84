"""An S3-compatible store: AWS, R2, MinIO and their like, through boto3, which keeps the login."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import boto3
from botocore import exceptions as boto
from botocore.config import Config
from msgspec import Struct

from catalog.errors import IntegrityError, UsageError
from catalog.remote.s3_failures import NO_KEY, NOT_MODIFIED, code_of, failure
from catalog.remote.store import OvertakenError, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_TYPES = {
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_BROKEN_OFF = (boto.IncompleteReadError, boto.ResponseStreamingError, boto.ReadTimeoutError)
_FRESH = "no-cache"  # whoever keeps a copy asks whether it still holds


class Bucket(Struct, frozen=True):
    """Where the files lie: `prefix` is empty or ends with a slash."""

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    profile: str | None = None


class Patience(Struct, frozen=True):
    """Seconds to wait for a connection and for an answer, and how often a request is sent at most."""

    connect: float = 5.0
    answer: float = 30.0
    attempts: int = 5


class S3Store:
    """The files of one bucket below one prefix."""

    def __init__(self, bucket: Bucket, limit: int, patience: Patience | None = None) -> None:
        """Use `bucket`, and read no file of more than `limit` bytes.

        Raises:
            UsageError: there is no such profile, or the endpoint is no address.
        """
        self._bucket = bucket
        self._limit = limit
        self._client = _client(bucket, patience or Patience())

    @property
    def address(self) -> str:
        """The bucket and prefix as an address."""
        return f"s3://{self._bucket.name}/{self._bucket.prefix}".rstrip("/")

    def read(self, key: str, known: Stored | None = None) -> Stored | None:
        """The file, or `known` if that still holds; None only for the answer that there is no such key."""
        for is_last in (False, False, True):
            try:
                return self._received(key, {"IfNoneMatch": known.tag} if known else {})
            except boto.ClientError as error:
                if code_of(error) == NO_KEY:
                    return None
                if known and code_of(error) in NOT_MODIFIED:
                    return known
                raise failure(error, self._what(key), self._bucket.name) from None
            except (boto.BotoCoreError, OSError, KeyError) as error:
                if is_last or not isinstance(error, _BROKEN_OFF):
                    raise failure(error, self._what(key), self._bucket.name) from None
        raise AssertionError("the last attempt returns or raises")

    def _received(self, key: str, condition: Mapping[str, Any]) -> Stored:
        name = self._bucket.prefix + key
        answer = self._client.get_object(Bucket=self._bucket.name, Key=name, **condition)
        with answer["Body"] as body:
            content = body.read(self._limit + 1)
        if len(content) < min(
            answer["ContentLength"], self._limit + 1
        ):  # boto3 tells only of a body read at once
            raise boto.IncompleteReadError(actual_bytes=len(content), expected_bytes=answer["ContentLength"])
        if len(content) > self._limit:
            raise IntegrityError(
                f"{self._what(key)} has more than {self._limit:,} bytes.", "That is no catalog."
            )
        return Stored(content, answer["ETag"], _age(answer))

    def create(self, key: str, content: bytes) -> str:
        """Write a file that is not there yet; its tag."""
        return self._put(key, content, {"IfNoneMatch": "*"})

    def replace(self, key: str, content: bytes, tag: str) -> str:
        """Replace what has this tag; the new tag."""
        return self._put(key, content, {"IfMatch": tag})

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in order."""
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._bucket.name, Prefix=self._bucket.prefix + prefix):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self._bucket.prefix)
        except (boto.ClientError, boto.BotoCoreError) as error:
            raise failure(error, self.address, self._bucket.name) from None

    def _put(self, key: str, content: bytes, condition: Mapping[str, Any]) -> str:
        try:
            return self._client.put_object(
                Bucket=self._bucket.name,
                Key=self._bucket.prefix + key,
                Body=content,
                ContentType=_TYPES.get(PurePosixPath(key).suffix, "application/octet-stream"),
                CacheControl=_FRESH,
                **condition,
            )["ETag"]
        except boto.ClientError as error:
            failed = failure(error, self._what(key), self._bucket.name)
            was_repeated = error.response["ResponseMetadata"].get("RetryAttempts", 0) > 0
            if isinstance(failed, OvertakenError) and was_repeated:
                return self._written_before(key, content, failed)
            raise failed from None
        except (boto.BotoCoreError, OSError, KeyError) as error:
            raise failure(error, self._what(key), self._bucket.name) from None

    def _written_before(self, key: str, content: bytes, failed: OvertakenError) -> str:
        """The tag, if the one who overtook us was ourselves: a first attempt whose answer was lost."""
        found = self.read(key)
        if found is None or found.content != content:
            raise failed from None
        return found.tag

    def _what(self, key: str) -> str:
        return f"{self.address}/{key}"


def _client(bucket: Bucket, patience: Patience) -> S3Client:
    config = Config(
        connect_timeout=patience.connect,
        read_timeout=patience.answer,
        retries={"mode": "standard", "total_max_attempts": patience.attempts},
        s3={"addressing_style": "path" if bucket.endpoint else "auto"},
        request_checksum_calculation="when_required",  # R2 and MinIO know fewer checksums than AWS
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.Session(profile_name=bucket.profile, region_name=bucket.region)
        return session.client("s3", endpoint_url=bucket.endpoint, config=config)
    except boto.ProfileNotFound:
        raise UsageError(
            f"There is no profile {bucket.profile!r} on this machine.",
            f"Make it with: aws configure --profile {bucket.profile}",
        ) from None
    except (boto.BotoCoreError, ValueError) as error:
        raise UsageError(f"s3://{bucket.name} cannot be used: {error}.", "Check the settings.") from None


def _age(answer: GetObjectOutputTypeDef) -> float:
    """The seconds since the file was written, both times being the store's own."""
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    try:
        now = parsedate_to_datetime(said)
    except ValueError:
        return 0.0  # without a clock nothing is ever old, so no lock is taken from anybody
    return max(0.0, (now - answer["LastModified"]).total_seconds())
