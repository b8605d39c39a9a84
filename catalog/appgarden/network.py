"""What becomes of a service's network: the platform gives all services of an extension one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import UnresolvedVariableError, resolved
from catalog.appgarden.sections import wrong_form
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from catalog.appgarden.development import Development, Service
    from catalog.appgarden.place import Found
    from catalog.model.finding import Finding

_SHARING = ("host", "container:", "service:")
_ADDRESSES = ("ipv4_address", "ipv6_address", "link_local_ips", "mac_address")


def network_mode(service: Service, value: Any) -> Found[str | None]:
    """The service's `network_mode`: `none` stays, another service's or the host's is an error."""
    place = service.place / "network_mode"
    if not isinstance(value, str):
        if value is not None:
            yield wrong_form(value, place, "text")
        return None
    mode = _known(value)
    if mode == "none":
        return value
    if mode.startswith(_SHARING):
        message = f"The service {service.name!r} has network_mode {value!r}, which the platform refuses."
        hint = (
            "Take network_mode away; services reach each other by name, and the host as host.docker.internal."
        )
        yield place.finding(codes.HOST_NETWORK, message, hint)
        return value
    message = (
        f"The service {service.name!r} has network_mode {value!r}; the platform has one network for all."
    )
    yield place.finding(codes.KEY_DROPPED, message, "Take it away if nothing depends on it.")
    return None


def dropped_networks(
    development: Development, networks: Any, services: Iterable[Service]
) -> Iterator[Finding]:
    """One finding for all networks of a file, which names what is lost with them."""
    users = [service for service in services if service.data.get("networks")]
    if not networks and not users:
        return
    lost = [*_lost_at_top(networks), *(what for user in users for what in _lost_at_service(user))]
    message = "The networks were dropped: on the platform all services of an extension share one network."
    if lost:
        message += f" With them went {', '.join(lost)}."
    hint = "Make sure that services find each other by their service names, and that none must be kept apart."
    place = development.place / "networks" if networks else users[0].place / "networks"
    yield place.finding(codes.NETWORKS_DROPPED, message, hint)


def _known(mode: str) -> str:
    try:
        return resolved(mode)
    except UnresolvedVariableError:
        return mode


def _lost_at_top(networks: Any) -> Iterator[str]:
    for name, network in _mappings(networks):
        if network.get("external"):
            yield f"the external network {name!r}"
        if network.get("internal"):
            yield f"the isolation of {name!r}"
        if network.get("driver") not in (None, "bridge"):
            yield f"the driver of {name!r}"
        if network.get("ipam"):
            yield f"the addresses of {name!r}"


def _lost_at_service(service: Service) -> Iterator[str]:
    for _, membership in _mappings(service.data.get("networks")):
        aliases = membership.get("aliases")
        for alias in aliases if isinstance(aliases, list) else []:
            if alias != service.name:
                yield f"the alias {str(alias)!r} of {service.name!r}"
        if any(membership.get(key) for key in _ADDRESSES):
            yield f"the fixed address of {service.name!r}"


def _mappings(section: Any) -> list[tuple[str, Mapping[str, Any]]]:
    items = section.items() if isinstance(section, dict) else ()
    return [(name, inner) for name, inner in items if isinstance(inner, dict)]
