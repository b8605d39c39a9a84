"""What one entry of a service's `ports` means: the container ports that it opens, and to whom.

Takes Compose's short form (`"[HOST:]CONTAINER[/PROTOCOL]"`, a number) and its long form (a mapping).
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from catalog.appgarden.interpolation import UnresolvedVariableError, resolved, split

MAX_PORTS = 1000  # of one entry; a wider range is a mistake
FIRST_UNPRIVILEGED = 1024
_LAST = 65535
_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_PUBLISHED = re.compile(r"(?:[0-9]+(?:-[0-9]+)?)?")
_LOOPBACK = re.compile(r"127\.[0-9.]+|\[?::1\]?|localhost")


class PortError(ValueError):
    """An entry that is not a port; the message says what is wrong with it."""


class ContainerPort(Struct, frozen=True):
    """A port in a container; its text is `8000`, or `6060/udp` for another protocol than TCP."""

    number: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        return str(self.number) if self.protocol == "tcp" else f"{self.number}/{self.protocol}"


class PortEntry(Struct, frozen=True):
    """One entry: the container ports, and whether it was reachable from the developer's own machine only."""

    ports: tuple[ContainerPort, ...]
    is_loopback: bool = False


def parse_port(value: Any) -> PortEntry:
    """The ports that one entry of `ports` opens; a range becomes its single ports.

    Raises:
        PortError: the entry is no port, or a range of more than 1000.
        UnresolvedVariableError: the container's port is a variable without a default.
    """
    if isinstance(value, dict):
        return _long_form(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return PortEntry(_container_ports(str(int(value)), ""))
    if isinstance(value, str):
        return _short_form(value)
    raise PortError("it is neither a port nor a mapping")


def _short_form(text: str) -> PortEntry:
    *before, container = split(_spelled_out(text.strip()))
    number, _, protocol = resolved(container).partition("/")
    published = before.pop() if before else ""
    if "$" not in published and not _PUBLISHED.fullmatch(published):
        raise PortError(f"{published!r} is not a port")
    return PortEntry(_container_ports(number, protocol), _is_loopback(":".join(before)))


def _spelled_out(text: str) -> str:
    """The entry as Compose parses it, after its variables: a default may hold a colon of its own."""
    try:
        return resolved(text)
    except UnresolvedVariableError:
        return text  # which parts need the variable shows only once it is cut


def _long_form(entry: dict[str, Any]) -> PortEntry:
    target, protocol, host = entry.get("target"), entry.get("protocol"), entry.get("host_ip")
    if isinstance(target, bool) or not isinstance(target, int | str):
        raise PortError("it has no target")
    number = resolved(target) if isinstance(target, str) else str(int(target))
    ports = _container_ports(number, resolved(protocol) if isinstance(protocol, str) else "")
    return PortEntry(ports, isinstance(host, str) and _is_loopback(host))


def _container_ports(text: str, protocol: str) -> tuple[ContainerPort, ...]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise PortError(f"{text!r} is not a port")
    if protocol and protocol.lower() not in _PROTOCOLS:
        raise PortError(f"{protocol!r} is not a protocol")
    first, last = int(match[1]), int(match[2] or match[1])
    if not 1 <= first <= last <= _LAST:
        raise PortError(f"{text!r} is not between 1 and {_LAST}, or runs backwards")
    if last - first >= MAX_PORTS:
        raise PortError(f"{text!r} opens more than {MAX_PORTS} ports")
    return tuple(ContainerPort(number, protocol.lower() or "tcp") for number in range(first, last + 1))


def _is_loopback(host: str) -> bool:
    try:
        return _LOOPBACK.fullmatch(resolved(host)) is not None
    except UnresolvedVariableError:
        return False  # an address that is only known elsewhere says nothing
