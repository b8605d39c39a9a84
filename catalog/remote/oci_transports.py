"""The connections to one image registry: to the address that has its API, or to others that it refers to."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from msgspec import Struct, field

from catalog.remote.address import ApiAddress, Origin
from catalog.remote.clock import SystemClock
from catalog.remote.connection import Connection
from catalog.remote.failures import PlatformError
from catalog.remote.oci_documents import MAX_CONFIG
from catalog.remote.oci_failures import HINTS
from catalog.remote.oci_place import origins_of
from catalog.remote.transport import Limits, Request, Transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from catalog.remote.clock import Clock
    from catalog.remote.credentials import Credentials

_SPEAKS = frozenset({200, 401, 429})
_FAILED = 500  # from here on something is there that fails for now


class Access(Struct, frozen=True):
    """How registries are spoken to.

    `login` gives the login for a host, `ca` the file of an authority that is believed for a host beside
    the system's, `plain` names the hosts that have no TLS.
    """

    login: Callable[[str], Credentials | None]
    ca: Callable[[str], Path | None]
    plain: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=lambda: Limits(total=120.0, size=MAX_CONFIG + 1))
    clock: Clock = field(default_factory=SystemClock)


class Transports:
    """Opens a connection where one is needed; to be closed, as a context manager does."""

    def __init__(self, host: str, access: Access) -> None:
        """Prepare to speak to the registry at `host`; nothing is sent yet."""
        self._host = host
        self._access = access
        self._open = ExitStack()
        self._transports: dict[Origin, Transport] = {}
        self._api: Origin | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def api(self) -> Origin:
        """Where the API is; asked once, unless it is to be forgotten.

        Raises:
            PlatformError: the host cannot be that of a registry.
            UsageError: the file of its authority cannot be used.
        """
        if self._api is None:
            self._api = self._found_api()
        return self._api

    def forget_api(self) -> None:
        """Look for the API again: where it was not to be reached, another address may be the right one."""
        self._api = None

    def to(self, origin: Origin) -> Transport:
        """What speaks to one address: the registry's own, or one that it refers to.

        Raises:
            UsageError: the file of its authority cannot be used.
        """
        if origin not in self._transports:
            ca = self._access.ca(self._host)
            connection = Connection(ApiAddress(origin, ""), ca=ca, with_system=True)
            transport = Transport(connection, self._access.limits, self._access.clock, HINTS)
            self._transports[origin] = self._open.enter_context(transport)
        return self._transports[origin]

    def _found_api(self) -> Origin:
        *first, last = self._origins()
        for origin in first:
            try:
                answer = self.to(origin).ask(Request("GET", f"{origin}/v2/"))
            except PlatformError:
                continue
            if answer.status in _SPEAKS or answer.status >= _FAILED:
                return origin
        return last

    def _origins(self) -> tuple[Origin, ...]:
        try:
            return origins_of(self._host, self._access.plain)
        except ValueError:
            raise PlatformError(f"{self._host!r} cannot be the host of a registry.", HINTS.reach) from None
