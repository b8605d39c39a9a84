"""Where a platform's API is: the address that people give, brought to one form.

The host's root and `…/api` mean the same (docs/adr/0007-platform-address.md).
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from catalog.errors import UsageError

_HINT = "Write it as https://kamiwaza.acme.test or https://kamiwaza.acme.test/api."
_PORTS = {"http": 80, "https": 443}
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


class Origin(Struct, frozen=True):
    """What credentials are meant for: one scheme, host and port (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


class ApiAddress(Struct, frozen=True):
    """The root of an API: `str()` gives it without a slash at its end."""

    origin: Origin
    path: str

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent: TLS, or this machine itself."""
        return self.origin.scheme == "https" or self.origin.is_loopback


def origin_of(url: str) -> Origin:
    """The origin of an absolute URL.

    Raises:
        ValueError: it is not one of http or https.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an absolute URL of http or https")
    return Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])


def parse_address(text: str) -> ApiAddress:
    """The API's address out of what a person wrote: a host's root, or an address that ends in `/api`.

    Raises:
        UsageError: it is no address, or carries a password; the message never repeats that.
    """
    try:
        origin, parts = origin_of(text.strip()), urlsplit(text.strip())
    except ValueError:
        raise UsageError(f"The platform's address {_shown(text)} is not a URL.", _HINT) from None
    if _UNPRINTABLE.search(text.strip()):
        raise UsageError(f"The platform's address {_shown(text)} has characters that no URL has.", _HINT)
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"The platform's address at {origin.host} has a user in it.",
            "Leave it out, and set KAMIWAZA_USERNAME and KAMIWAZA_PASSWORD instead.",
        )
    if parts.query or parts.fragment:
        raise UsageError(f"The platform's address at {origin.host} ends in a query or fragment.", _HINT)
    return ApiAddress(origin, _api_path(parts))


def _api_path(parts: SplitResult) -> str:
    """The path down to `/api`; the `/v1` that some documents write does not exist there."""
    path = parts.path.rstrip("/").removesuffix("/api/v1").removesuffix("/api")
    return f"{path}/api"


def _shown(text: str) -> str:
    """The text for a message, less whatever may be a password in it."""
    return repr(text.rpartition("@")[2][:80])
