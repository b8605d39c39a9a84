"""A workspace may name its platform, and never holds a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from catalog.errors import UsageError
from catalog.workspace.platform_settings import load_platform_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_the_platform_is_named_in_catalog_toml_or_in_the_env_file(tmp_path: Path) -> None:
    assert load_platform_settings(tmp_path).url == ""
    (tmp_path / "catalog.toml").write_text('[catalog]\ntitle = "x"\n[platform]\nurl = "https://a.test"\n')
    assert load_platform_settings(tmp_path).url == "https://a.test"
    (tmp_path / ".env").write_text("KAMIWAZA_API_URL=https://b.test\nKAMIWAZA_PASSWORD=x\n")
    assert load_platform_settings(tmp_path).url == "https://b.test"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('platform = "x"', "platform must be a table"),
        ('[platform]\npassword = "hunter2"', "'password' of \\[platform\\]"),
        ("[platform]\nurl = 7", "'url' of \\[platform\\]"),
    ],
)
def test_another_setting_is_refused_without_its_value(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "catalog.toml").write_text(text)
    with pytest.raises(UsageError, match=message) as refusal:
        load_platform_settings(tmp_path)
    assert "hunter2" not in refusal.value.message + refusal.value.hint
