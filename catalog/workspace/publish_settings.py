"""The tables `[publish.STAGE]` of `catalog.toml`: where each stage publishes its catalog and its images.

The variables of the platform's own tools go before them: `AWS_PROFILE_DEV`, `KAMIWAZA_REGISTRY_BUCKET_DEV` or
`KAMIWAZA_REGISTRY_BUCKET`, `KAMIWAZA_REGISTRY_ENDPOINT` or `KAMIWAZA_REGISTRY_ACCOUNT_ID`,
`KAMIWAZA_REGISTRY_REGION` and `KAMIWAZA_REGISTRY_LOCK_NAME`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.errors import UsageError
from catalog.workspace.root import SETTINGS_NAME
from catalog.workspace.settings import read_dotenv, read_table
from catalog.workspace.settings_problem import refused_setting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from catalog.registry.stage import Stage

_BUCKET, _ENDPOINT = "KAMIWAZA_REGISTRY_BUCKET", "KAMIWAZA_REGISTRY_ENDPOINT"
_ACCOUNT, _REGION = "KAMIWAZA_REGISTRY_ACCOUNT_ID", "KAMIWAZA_REGISTRY_REGION"
_LOCK_NAME, _PROFILE = "KAMIWAZA_REGISTRY_LOCK_NAME", "AWS_PROFILE"


class PublishSettings(BaseModel):
    """The table `[publish.STAGE]`. It has no keys of a login: a workspace is shared, a login is not."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    store: str = Field(
        "",
        pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s?#]*)?|file:///[^?#]*)?$",
        description="Where the catalog is published: s3://bucket/prefix or file:///folder.",
    )
    endpoint: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#@]+/?)?$",
        description="Address of an S3-compatible store that is not AWS, such as https://s3.acme.test.",
    )
    region: str = Field("", pattern=r"^[a-z0-9-]*$", description="Region of the store, where it has one.")
    profile: str = Field("", description="Profile of ~/.aws that has the login.")
    images: str = Field(
        "",
        pattern=r"^([a-z0-9]+(?:[._/:-][a-z0-9]+)*)?$",
        description="Registry and namespace of our images there, such as registry.acme.test/acme.",
    )
    lock_name: str = Field(
        "registry.lock",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Name of the lock's file beside the catalog.",
    )
    lock_seconds: float = Field(
        60.0,
        ge=5,
        le=3600,
        strict=False,
        description="After so many seconds without a sign of life a publisher counts as gone.",
    )


def load_publish_settings(
    root: Path, stage: Stage, environment: Mapping[str, str] | None = None
) -> PublishSettings:
    """The settings of one stage; `environment` is the process's own unless given.

    Raises:
        UsageError: catalog.toml does not parse, or a value is not allowed; the message names key and reason.
    """
    tables = read_table(root, "publish")
    table = tables.get(stage.value, {})
    unknown = sorted(set(tables) - {"dev", "stage", "prod"})
    if unknown or not isinstance(table, dict):
        raise UsageError(
            f"In {root / SETTINGS_NAME}, [publish] has tables for the stages dev, stage and prod only.",
            f"Write a table such as: [publish.{stage.value}]",
        )
    given = read_dotenv(root / ".env") | dict(os.environ if environment is None else environment)
    try:
        return PublishSettings.model_validate(table | _overrides(given, stage, table))
    except ValidationError as error:
        table_name = f"publish.{stage.value}"
        raise refused_setting(
            error, table_name, root / SETTINGS_NAME, PublishSettings, given_by="(or a variable in its place)"
        ) from None


def images_of_stage(root: Path, stage: Stage | None) -> str:
    """The registry and namespace where a stage has our images; empty for where their names say.

    Raises:
        UsageError: as `load_publish_settings`.
    """
    return load_publish_settings(root, stage).images if stage else ""


def _overrides(given: Mapping[str, str], stage: Stage, table: Mapping[str, Any]) -> dict[str, str]:
    """What the variables say, by key."""
    of_stage = stage.value.upper()
    bucket = given.get(f"{_BUCKET}_{of_stage}") or given.get(_BUCKET)
    account = given.get(_ACCOUNT)
    endpoint = given.get(_ENDPOINT) or (account and f"https://{account}.r2.cloudflarestorage.com")
    found = {
        "store": bucket and f"s3://{bucket}",
        "endpoint": endpoint,
        "region": given.get(_REGION) or ("auto" if account and not table.get("region") else None),
        "profile": given.get(f"{_PROFILE}_{of_stage}"),
        "lock_name": given.get(_LOCK_NAME),
    }
    return {key: value for key, value in found.items() if value}
