"""Makes the client that carries requests: whom it believes, and the proxy that the environment names."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

import httpx

from catalog import __version__
from catalog.errors import MissingError
from catalog.remote.trust import tls_context

if TYPE_CHECKING:
    from catalog.remote.connection import Connection

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


def http_client(connection: Connection, timeout: httpx.Timeout) -> httpx.Client:
    """A client for one address, to be closed.

    Raises:
        UsageError: the file of the site's authority cannot be used.
        MissingError: the environment names a proxy that cannot be used; its address, which may have a
            password, is never part of the message.
    """
    context = _context(connection)
    try:
        return httpx.Client(
            verify=context,
            timeout=timeout,
            follow_redirects=False,
            trust_env=not connection.address.origin.is_loopback,  # no proxy for what goes to this machine
            headers={"User-Agent": f"extension-catalog/{__version__}", "Accept": "application/json"},
        )
    except ImportError:
        raise MissingError(
            f"The environment names a SOCKS proxy ({_named()}), which needs the package socksio.",
            "Install it: pip install socksio, or name an HTTP proxy in HTTPS_PROXY.",
        ) from None
    except (ValueError, httpx.InvalidURL):
        raise MissingError(
            f"The environment's proxy settings ({_named()}) cannot be read.",
            "Write HTTPS_PROXY as http://proxy.acme.test:3128, and NO_PROXY as localhost,::1,.acme.test",
        ) from None


def _named() -> str:
    """The variables that name proxies here."""
    return ", ".join(name for name in sorted(os.environ) if name.upper() in _PROXIES)


def _context(connection: Connection) -> ssl.SSLContext:
    """Whom TLS believes; nobody for plain HTTP, since no redirect leads from there to TLS."""
    if connection.address.origin.scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return tls_context(connection.ca, verify=connection.verify, with_system=connection.with_system)
