"""`~/.kamiwaza/config.yaml`: the platform's address and login, as a person keeps them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from catalog.errors import UsageError
from catalog.model.yaml_text import MAX_CHARACTERS, DocumentError, read_yaml
from catalog.workspace.user_folders import home

if TYPE_CHECKING:
    from collections.abc import Mapping

_HINT = "Write lines such as: url: https://kamiwaza.acme.test"


class PlatformConfig(BaseModel):
    """What the file says; keys that are not known here are somebody else's."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)

    url: str | None = Field(None, validation_alias=AliasChoices("url", "api_url", "base_url"))
    username: str | None = Field(None, validation_alias=AliasChoices("username", "user"))
    password: SecretStr | None = None
    token: SecretStr | None = Field(None, validation_alias=AliasChoices("token", "api_key", "api_token"))
    ca: Path | None = Field(None, validation_alias=AliasChoices("ca", "ca_bundle"), strict=False)
    verify_ssl: bool = True


def config_path(environment: Mapping[str, str]) -> Path:
    """Where the file lies."""
    return Path(environment.get("HOME") or home()) / ".kamiwaza" / "config.yaml"


def read_config(path: Path) -> PlatformConfig:
    """What the file says; nothing where there is none.

    Raises:
        UsageError: it cannot be read. What stands in it is never part of the message: it may be a password.
    """
    data = _mapping(path)
    try:
        return PlatformConfig.model_validate(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise UsageError(f"In {path}, the key {key!r} has a value of the wrong kind.", _HINT) from None


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this machine can read the file."""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _mapping(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_CHARACTERS).decode()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None
    try:
        data = read_yaml(text)
    except DocumentError as error:
        where = "" if error.line is None else f", line {error.line}"
        raise UsageError(f"{path}{where} is not YAML that can be read.", _HINT) from None
    if not isinstance(data, dict | None):
        raise UsageError(f"{path} must hold keys with values.", _HINT)
    return data or {}
