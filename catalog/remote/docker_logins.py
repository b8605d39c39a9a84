"""Finds the login for a registry where `docker login` and `podman login` have put it; nothing is written.

The forms are those of Docker's `config.json`: `auths` with names and passwords, `credHelpers` and
`credsStore` with the programs that keep them; podman's `auth.json` has the same.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from catalog.engine.program import Command
from catalog.engine.transfer import feed
from catalog.errors import MissingError, UsageError
from catalog.remote.credentials import Login, Token
from catalog.remote.oci_place import HUB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.remote.credentials import Credentials

_MAX_BYTES = 4 * 1024 * 1024
_HELPER_SECONDS = 60.0
_HELPER_NAME = re.compile(r"[A-Za-z0-9._-]+")
_HUB_KEY = "https://index.docker.io/v1/"
_HUB_HOSTS = (HUB, "index.docker.io", "registry-1.docker.io")
_TOKEN_USER = "<token>"  # noqa: S105  how helpers say that the secret is a token


class DockerLogins:
    """The logins of this user; the files are read when the first one is asked for."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Look where `environment` says: DOCKER_CONFIG, REGISTRY_AUTH_FILE, HOME, XDG_RUNTIME_DIR."""
        self._environment = environment
        self._files: list[tuple[Path, dict[str, Any]]] | None = None

    def login(self, host: str) -> Credentials | None:
        """The login for the registry at `host`, None without one.

        Raises:
            UsageError: a file, or what is in it for this host, is damaged.
            MissingError: the program that keeps the login fails.
        """
        if self._files is None:
            self._files = [(path, _read(path)) for path in _paths(self._environment)]
        for path, config in self._files:
            found = self._helped(host, config) or _written(host, config, path)
            if found is not None:
                return found
        return None

    def _helped(self, host: str, config: dict[str, Any]) -> Credentials | None:
        """The login that a program keeps."""
        helpers = _mapping(config, "credHelpers")
        name = next((helpers[key] for key in _keys(host) if key in helpers), config.get("credsStore"))
        if not name:
            return None
        if not isinstance(name, str) or not _HELPER_NAME.fullmatch(name):
            raise UsageError(f"Docker's configuration names no program for the login to {host}.", _LOGIN)
        key = _HUB_KEY if host in _HUB_HOSTS else host
        command = Command((f"docker-credential-{name}", "get"), self._environment)
        finished = feed(command, iter((key.encode(),)), _HELPER_SECONDS)
        said = finished.stdout.decode("utf-8", "replace")
        if finished.exit_code:
            if "not found" in f"{said} {finished.stderr}".lower():
                return None
            raise MissingError(
                f"docker-credential-{name} does not give the login to {host} "
                f"(exit code {finished.exit_code}).",
                "Log in again, or look whether the program works.",
            )
        return _given(said, name)


def _paths(environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME") or "/")
    docker = environment.get("DOCKER_CONFIG")
    yield (Path(docker) if docker else home / ".docker") / "config.json"
    if environment.get("REGISTRY_AUTH_FILE"):
        yield Path(environment["REGISTRY_AUTH_FILE"])
    if environment.get("XDG_RUNTIME_DIR"):
        yield Path(environment["XDG_RUNTIME_DIR"]) / "containers/auth.json"
    yield home / ".config/containers/auth.json"


def _read(path: Path) -> dict[str, Any]:
    """What a file holds; nothing if it is not there. No message repeats what is in it."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        document = json.loads(content) if len(content) <= _MAX_BYTES else None
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Look at its permissions.") from None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise UsageError(f"{path} is damaged: it is no JSON object.", _LOGIN)
    return document


def _written(host: str, config: dict[str, Any], path: Path) -> Credentials | None:
    """The login that stands in the file itself."""
    auths = _mapping(config, "auths")
    entry = next((auths[key] for key in _keys(host) if key in auths), None)
    if not isinstance(entry, dict):
        return None
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Token(SecretStr(token))
    if not entry.get("auth"):
        return None
    try:
        name, colon, password = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
    except (TypeError, ValueError, binascii.Error):
        name, colon, password = "", "", ""
    if not colon:
        raise UsageError(f"The login to {host} in {path} is damaged.", _LOGIN)
    return Login(name, SecretStr(password.rstrip("\0")))


def _given(said: str, name: str) -> Credentials | None:
    """The login in a helper's answer."""
    try:
        answer = json.loads(said)
        username, secret = answer["Username"], answer["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        username = secret = None
    if not isinstance(username, str) or not isinstance(secret, str):
        raise MissingError(f"docker-credential-{name} gives no login in the known form.", _LOGIN)
    if username == _TOKEN_USER:
        return Token(SecretStr(secret))
    return Login(username, SecretStr(secret)) if username else None


def _keys(host: str) -> Iterator[str]:
    """How a file may call a registry."""
    for name in _HUB_HOSTS if host in _HUB_HOSTS else (host,):
        yield from (f"https://{name}/v1/", name, f"https://{name}", f"https://{name}/", f"http://{name}")


def _mapping(config: dict[str, Any], key: str) -> dict[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}


_LOGIN = "Log in again: docker login HOST"
