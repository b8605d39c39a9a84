"""The table `[platform]` of `catalog.toml`: the platform that the workspace is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.workspace.root import SETTINGS_NAME
from catalog.workspace.settings import read_dotenv, read_table
from catalog.workspace.settings_problem import refused_setting

if TYPE_CHECKING:
    from pathlib import Path

_URL = "KAMIWAZA_API_URL"


class PlatformSettings(BaseModel):
    """The table `[platform]`. It has no login: a workspace is shared, a login is not."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    url: str = Field("", description="Address of the platform, such as https://kamiwaza.acme.test.")


def load_platform_settings(root: Path) -> PlatformSettings:
    """The settings of the workspace at `root`; KAMIWAZA_API_URL in its `.env` goes before `catalog.toml`.

    Raises:
        UsageError: catalog.toml does not parse, or a value is not allowed; the message names key and reason.
    """
    values = read_table(root, "platform")
    url = read_dotenv(root / ".env").get(_URL)
    try:
        return PlatformSettings.model_validate(values | ({"url": url} if url else {}))
    except ValidationError as error:
        raise refused_setting(error, "platform", root / SETTINGS_NAME, PlatformSettings) from None
