"""Where a stage publishes: the variables of the platform's tools, `.env`, `catalog.toml`, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.errors import UsageError
from catalog.registry.stage import Stage
from catalog.workspace.publish_settings import load_publish_settings

if TYPE_CHECKING:
    from pathlib import Path

TOML = '[publish.dev]\nstore = "s3://of-toml/prefix"\nprofile = "of-toml"\nregion = "eu-1"\n'


def test_each_stage_has_a_table_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(TOML + '[publish.prod]\nstore = "file:///srv/registry"\n')
    assert load_publish_settings(tmp_path, Stage.DEV, {}).store == "s3://of-toml/prefix"
    assert load_publish_settings(tmp_path, Stage.PROD, {}).store == "file:///srv/registry"
    assert load_publish_settings(tmp_path, Stage.STAGE, {}).store == ""


def test_the_variables_of_the_platforms_tools_go_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(TOML)
    (tmp_path / ".env").write_text("AWS_PROFILE_DEV=of-env-file\nKAMIWAZA_REGISTRY_BUCKET=of-env-file\n")
    found = load_publish_settings(tmp_path, Stage.DEV, {})
    assert (found.store, found.profile, found.region) == ("s3://of-env-file", "of-env-file", "eu-1")
    given = {
        "AWS_PROFILE_DEV": "of-environment",
        "AWS_PROFILE_PROD": "of-another-stage",
        "KAMIWAZA_REGISTRY_BUCKET": "for-all",
        "KAMIWAZA_REGISTRY_BUCKET_DEV": "for-dev",
        "KAMIWAZA_REGISTRY_LOCK_NAME": "mine.lock",
    }
    found = load_publish_settings(tmp_path, Stage.DEV, given)
    assert (found.store, found.profile, found.lock_name) == ("s3://for-dev", "of-environment", "mine.lock")


def test_an_account_means_its_own_endpoint(tmp_path: Path) -> None:
    found = load_publish_settings(tmp_path, Stage.DEV, {"KAMIWAZA_REGISTRY_ACCOUNT_ID": "abc123"})
    assert (found.endpoint, found.region) == ("https://abc123.r2.cloudflarestorage.com", "auto")
    given = {"KAMIWAZA_REGISTRY_ACCOUNT_ID": "abc123", "KAMIWAZA_REGISTRY_ENDPOINT": "https://s3.acme.test"}
    assert load_publish_settings(tmp_path, Stage.DEV, given).endpoint == "https://s3.acme.test"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[publish.dev]\nstore = "http://acme.test"\n', "'store'"),
        ('[publish.dev]\nstore = "s3://UPPER"\n', "'store'"),
        ('[publish.dev]\nsecret_key = "x"\n', "'secret_key'"),
        ('[publish.dev]\nendpoint = "https://user:password@s3.acme.test"\n', "'endpoint'"),
        ('[publish.dev]\nlock_name = "../x"\n', "'lock_name'"),
        ("[publish.dev]\nlock_seconds = 1\n", "'lock_seconds'"),
        ('[publish.test]\nstore = ""\n', "dev, stage and prod only"),
        ('[publish]\ndev = "s3://x"\n', "dev, stage and prod only"),
        ('publish = "x"\n', "must be a table"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_and_never_shown(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "catalog.toml").write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        load_publish_settings(tmp_path, Stage.DEV, {})
    assert "password" not in caught.value.message
