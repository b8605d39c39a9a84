"""How to reach the platform: address, login and trust, gathered from where people state them.

The order is option, environment, workspace, `~/.kamiwaza/config.yaml`. Logins of that file go to the address
of that file alone, and those of the environment to no address that only the workspace names, so that a
workspace that somebody else wrote cannot call them up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from pydantic import SecretStr

from catalog.errors import UsageError
from catalog.remote.address import ApiAddress, parse_address
from catalog.remote.config_file import is_open_to_others, read_config
from catalog.remote.credentials import Credentials, Login, Token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.remote.config_file import PlatformConfig

DEFAULT_URL = "http://localhost"
ADDRESSES = ("KAMIWAZA_API_URL", "KAMIWAZA_API_URI", "KAMIWAZA_BASE_URL", "KAMIWAZA_BASE_URI")
TOKENS = ("KAMIWAZA_API_KEY", "KAMIWAZA_API_TOKEN")
USERNAME, PASSWORD, VERIFY = "KAMIWAZA_USERNAME", "KAMIWAZA_PASSWORD", "KAMIWAZA_VERIFY_SSL"
_OFF = frozenset({"false", "0", "no", "off"})


class Wishes(Struct, frozen=True):
    """What a command was told: `url` and `ca` by its options, `workspace_url` by the workspace's settings."""

    url: str | None = None
    ca: Path | None = None
    insecure: bool = False
    workspace_url: str | None = None


class Connection(Struct, frozen=True):
    """How to reach one platform.

    `username` is proposed when a person is asked to log in; `ca` takes the place of the system's authorities,
    unless they are believed `with_system`; `warnings` are for the person who reads the output.
    """

    address: ApiAddress
    credentials: Credentials | None = None
    username: str = ""
    ca: Path | None = None
    with_system: bool = False
    verify: bool = True
    warnings: tuple[str, ...] = ()


def find_connection(wishes: Wishes, environment: Mapping[str, str], config_file: Path) -> Connection:
    """How to reach the platform that is meant.

    Raises:
        UsageError: an address or the configuration file is wrong, the wishes contradict each other, or
            the environment's login would go to an address that only the workspace names.
    """
    if wishes.ca and wishes.insecure:
        raise UsageError("--ca and --insecure contradict each other.", "Give --ca alone.")
    config = read_config(config_file)
    named = wishes.url or _first(ADDRESSES, environment)
    url = named or wishes.workspace_url
    own = parse_address(config.url or DEFAULT_URL)
    address = parse_address(url) if url else own
    if not named and address.origin != own.origin:
        _refuse_to_call_up_a_login(address, environment)
    if address.origin != own.origin:
        config = config.model_copy(update=dict.fromkeys(("username", "password", "token", "ca")))
        config = config.model_copy(update={"verify_ssl": True})
    ca = wishes.ca or config.ca
    reason = None if wishes.ca else _why_unverified(wishes, environment, config)
    return Connection(
        address=address,
        credentials=_credentials(environment, config),
        username=environment.get(USERNAME) or config.username or "",
        ca=ca,
        verify=reason is None,
        warnings=tuple(_warnings(address, reason, config, config_file)),
    )


def _refuse_to_call_up_a_login(address: ApiAddress, environment: Mapping[str, str]) -> None:
    secret = next((name for name in (*TOKENS, PASSWORD) if environment.get(name)), None)
    if secret:
        raise UsageError(
            f"{secret} is not sent to {address.origin}, because only the workspace names that address.",
            f"If it is yours, name it yourself: --url {address.origin}, or in KAMIWAZA_API_URL",
        )


def _credentials(environment: Mapping[str, str], config: PlatformConfig) -> Credentials | None:
    """The environment's, else those of the file; in each, a token goes before a password."""
    token = _first(TOKENS, environment)
    if token:
        return Token(SecretStr(token))
    username = environment.get(USERNAME) or config.username
    if username and environment.get(PASSWORD):
        return Login(username, SecretStr(environment[PASSWORD]))
    if config.token and not environment.get(USERNAME):
        return Token(config.token)
    if username and config.password and username == config.username:
        return Login(username, config.password)
    return None


def _why_unverified(wishes: Wishes, environment: Mapping[str, str], config: PlatformConfig) -> str | None:
    """What switched the check of certificates off; None while it is on."""
    if wishes.insecure:
        return "--insecure"
    if environment.get(VERIFY, "").strip().lower() in _OFF:
        return f"{VERIFY}={environment[VERIFY]}"
    return None if config.verify_ssl else "verify_ssl in the configuration file"


def _warnings(
    address: ApiAddress, reason: str | None, config: PlatformConfig, config_file: Path
) -> list[str]:
    warnings = []
    if reason and address.origin.scheme == "https":
        warnings.append(
            f"CERTIFICATES ARE NOT CHECKED ({reason}): whoever is between here and {address.origin} can read "
            "your login and change what is sent. Trust the site's own authority instead: --ca FILE"
        )
    if (config.password or config.token) and is_open_to_others(config_file):
        warnings.append(
            f"{config_file} has a login and can be read by others. Close it: chmod 600 {config_file}"
        )
    return warnings


def _first(names: Sequence[str], environment: Mapping[str, str]) -> str | None:
    return next((environment[name] for name in names if environment.get(name)), None)
