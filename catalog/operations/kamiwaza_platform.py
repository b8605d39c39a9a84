"""Opens the platform that a request means, and has its failures ready as values."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from catalog.errors import MissingError
from catalog.operations.result import PathField, Request
from catalog.workspace.platform_settings import load_platform_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from catalog.remote.credentials import Login
    from catalog.remote.kamiwaza_api import KamiwazaApi


class PlatformRequest(Request):
    """Which platform, and whose certificates are believed: `ca` is a PEM file, `insecure` means anybody's."""

    url: str | None = None
    ca: PathField | None = None
    insecure: bool = False


class Person(Protocol):
    """Somebody who may sit before the screen."""

    def warn(self, text: str) -> None:
        """Tell what nobody may miss, before anything is sent."""

    def log_in(self, address: str, username: str) -> Login | None:
        """Ask for a login to the platform at `address`, proposing a name; None if nobody answers."""


class Nobody:
    """Nobody is there."""

    def warn(self, text: str) -> None:
        """Let it pass."""

    def log_in(self, address: str, username: str) -> Login | None:
        """Give none."""


@contextmanager
def open_platform(root: Path | None, request: PlatformRequest, person: Person) -> Iterator[KamiwazaApi]:
    """The API of the platform that the request means; `root` is the workspace's folder, if there is one.

    Raises:
        UsageError: an address, the configuration file or the file of an authority is wrong.
        MissingError: the library that speaks HTTP is not installed.
    """
    try:
        import httpx  # noqa: F401, PLC0415  # an extra: who only builds needs none
    except ModuleNotFoundError:
        raise MissingError(
            "Talking to a platform needs the package httpx, which is not installed.",
            "Install it: pip install httpx",
        ) from None
    from catalog.remote.config_file import config_path  # noqa: PLC0415
    from catalog.remote.connection import Wishes, find_connection  # noqa: PLC0415
    from catalog.remote.kamiwaza_api import KamiwazaApi  # noqa: PLC0415
    from catalog.remote.session import Session  # noqa: PLC0415
    from catalog.remote.transport import Transport  # noqa: PLC0415

    workspace_url = load_platform_settings(root).url if root else ""
    wishes = Wishes(request.url, request.ca, request.insecure, workspace_url)
    connection = find_connection(wishes, os.environ, config_path(os.environ))
    for warning in connection.warnings:
        person.warn(warning)
    with Transport(connection) as transport:
        yield KamiwazaApi(Session(connection, transport, person.log_in))
