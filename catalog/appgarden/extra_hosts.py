"""Makes the host reachable as host.docker.internal from a service.

The platform sets OPENAI_BASE_URL and KAMIWAZA_API_URL to that host when it starts a container, so every
service needs it, whether or not its own file names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.sections import sequence, wrong_form
from catalog.model import codes

if TYPE_CHECKING:
    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found, Place

HOST = "host.docker.internal"
HOST_GATEWAY = f"{HOST}:host-gateway"


def reachable_host(service: Service) -> Found[list[str]]:
    """The service's `extra_hosts` as a list that has the gateway in it."""
    place = service.place / "extra_hosts"
    section = service.data.get("extra_hosts")
    if isinstance(section, dict):
        entries = yield from _entries_of_mapping(section, place)
    else:
        entries = yield from _entries_of_list(section, place)
    result: list[str] = []
    for entry in entries:
        host, address = _parted(entry)
        if host != HOST:
            result.append(entry)
            continue
        if address != "host-gateway":
            message = f"The service {service.name!r} ties {HOST} to {address!r}, an address of one machine."
            yield place.finding(codes.KEY_DROPPED, message, f"Write {HOST_GATEWAY}.")
        if HOST_GATEWAY not in result:
            result.append(HOST_GATEWAY)
    return result if HOST_GATEWAY in result else [*result, HOST_GATEWAY]


def _entries_of_mapping(section: dict[str, Any], place: Place) -> Found[list[str]]:
    entries = []
    for host, value in section.items():
        for address in value if isinstance(value, list) else [value]:
            if isinstance(address, str):
                entries.append(f"{host}={address}" if ":" in address else f"{host}:{address}")
            else:
                yield wrong_form(address, place / host, "an address")
    return entries


def _entries_of_list(section: Any, place: Place) -> Found[list[str]]:
    entries = []
    for index, entry in enumerate((yield from sequence(section, place))):
        if isinstance(entry, str) and _parted(entry)[1]:
            entries.append(entry)
        else:
            yield wrong_form(entry, place / index, "text such as host:address")
    return entries


def _parted(entry: str) -> tuple[str, str]:
    """Host and address of an entry; an equals sign wins, since an IPv6 address has colons."""
    host, _, address = entry.partition("=" if "=" in entry else ":")
    return host.strip(), address.strip()
