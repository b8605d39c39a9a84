"""Settings of a workspace: `catalog.toml`, overridden by `.env` and by the environment.

Every key is optional. A key `title` of the table `[catalog]` is overridden by `CATALOG_TITLE`.
"""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from catalog.errors import UsageError
from catalog.workspace.root import SETTINGS_NAME
from catalog.workspace.settings_problem import refused_setting, unknown_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TABLES = ("catalog", "publish", "platform", "suppress")
"""The tables of `catalog.toml`."""
_ENV_PREFIX = "CATALOG_"
_COLOUR = r"^(#[0-9a-fA-F]{6})?$"
_IN_PATH = r"(?:[^\s{}?#\\:]|\{name\}|\{version\})*"
_BUNDLES = (
    r"^((https?://[^\s/{}?#@\\]+/)?(?:(?:[^\s{}?#\\:/]|\{version\})" + _IN_PATH + r")?"
    r"\{name\}" + _IN_PATH + r"\.tar\.gz)?$"
)
_BUNDLES_RULE = (
    "should be an http or https address, or a path relative to the registry's root, without a query "
    "or login, that ends in .tar.gz and has {name} in it; the only other placeholder is {version}"
)
_ENV_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*
    (?: "(?P<double>[^"]*)" | '(?P<single>[^']*)' | (?P<bare>.*?) )
    \s*(?:(?<=\s)\#.*)?""",
    re.VERBOSE,
)


class CatalogSettings(BaseModel):
    """The table `[catalog]`: how the catalog presents itself and whose images are ours."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    title: str = Field("Extension catalog", min_length=1, description="Title of the website.")
    organization: str = Field(
        "kamiwazaai",
        pattern=r"^[a-z0-9]+(?:[._/:-][a-z0-9]+)*$",
        description="Namespace of the images that this workspace owns.",
    )
    base_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
        description="Where the registry will be published, if anywhere; it makes addresses absolute.",
    )
    description: str = Field("", max_length=500, description="One sentence about the website.")
    bundles: str = Field(
        "",
        max_length=500,
        json_schema_extra={"pattern": _BUNDLES},
        description="Where the bundle of one extension lies, with {name} and {version} in their places.",
    )
    skin: Literal["material", "plain"] = Field("material", description="Look of the website.")
    accent: str = Field(
        "", pattern=_COLOUR, description="Colour of links and buttons, such as #0c6b64; readable on white."
    )
    accent_dark: str = Field(
        "", pattern=_COLOUR, description="The same in dark surroundings; made from accent unless given."
    )
    templates: str = Field(
        "site_templates",
        min_length=1,
        description="Folder of the workspace whose templates take the places of the website's own.",
    )

    @field_validator("bundles")
    @classmethod
    def _is_a_place_of_bundles(cls, value: str) -> str:
        if re.fullmatch(_BUNDLES, value) is None:
            raise PydanticCustomError("bundles", "{rule}", {"rule": _BUNDLES_RULE})
        return value


def load_settings(root: Path, environment: Mapping[str, str] | None = None) -> CatalogSettings:
    """The settings of the workspace at `root`; `environment` is the process's own unless given.

    Raises:
        UsageError: catalog.toml does not parse, or a value is not allowed; the message names key and reason.
    """
    beside = _overrides(read_dotenv(root / ".env"))
    around = _overrides(os.environ if environment is None else environment)
    try:
        return CatalogSettings.model_validate({**read_table(root), **beside, **around})
    except ValidationError as error:
        sources = {**dict.fromkeys(beside, ".env"), **dict.fromkeys(around, "the environment")}
        key = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
        given_by = f"(as {_ENV_PREFIX}{key.upper()} in {sources[key]} has it)" if key in sources else ""
        place = root / SETTINGS_NAME
        raise refused_setting(error, "catalog", place, CatalogSettings, given_by=given_by) from None


def read_table(root: Path, name: str = "catalog") -> dict[str, Any]:
    """One table of the workspace's `catalog.toml`, as it stands there; empty if there is none.

    Raises:
        UsageError: the file cannot be read, has a table that is not known, or `name` is no table in it.
    """
    path = root / SETTINGS_NAME
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "Correct it, or move it away.") from None
    for key, value in document.items():
        if key not in TABLES:
            raise unknown_table(key, value, path, TABLES)
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"In {path}, {name} must be a table.", f"Write it as: [{name}]")
    return table


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a `.env` file in the form that docker compose reads: NAME=value lines.

    One pair of quotes around a value is not part of it, nor is a comment behind it (` # …`).
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    matches = (_ENV_LINE.fullmatch(line) for line in lines)
    return {
        match["name"]: match["double"] or match["single"] or match["bare"] or "" for match in matches if match
    }


def _overrides(environment: Mapping[str, str]) -> dict[str, str]:
    names = {f"{_ENV_PREFIX}{key.upper()}": key for key in CatalogSettings.model_fields}
    return {names[name]: value for name, value in environment.items() if name in names}
