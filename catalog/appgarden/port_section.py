"""Rewrites a service's `ports` to the single container ports that the platform publishes as it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.mounts import default_hint
from catalog.appgarden.ports import FIRST_UNPRIVILEGED, PortError, parse_port
from catalog.appgarden.sections import sequence
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found, Place
    from catalog.appgarden.ports import PortEntry
    from catalog.model.finding import Finding


def single_ports(service: Service, value: Any) -> Found[list[str] | None]:
    """The container ports as text, each once, in their order; None when there are none."""
    place = service.place / "ports"
    ports: dict[str, None] = {}
    for index, entry in enumerate((yield from sequence(value, place))):
        try:
            parsed = parse_port(entry)
        except PortError as error:
            message = f"The service {service.name!r} has a port that does not parse: {error}."
            yield (place / index).finding(
                codes.PORT_INVALID, message, "Write the container's port, such as 8000."
            )
        except UnresolvedVariableError as error:
            message = f"A port of the service {service.name!r} needs the variable {error.name}."
            yield (place / index).finding(codes.VARIABLE_UNRESOLVED, message, default_hint(error.name))
        else:
            yield from _notices(service, parsed, place / index)
            ports.update(dict.fromkeys(map(str, parsed.ports)))
    return list(ports) or None


def _notices(service: Service, entry: PortEntry, place: Place) -> Iterator[Finding]:
    first = entry.ports[0]
    if entry.is_loopback:
        message = (
            f"Port {first} of the service {service.name!r} was private to one machine; now it is routable."
        )
        hint = "If only other services need it, take it out of ports: they reach it without."
        yield place.finding(codes.LOOPBACK_PORT, message, hint)
    if first.number < FIRST_UNPRIVILEGED:
        message = f"Port {first} of the service {service.name!r} is below {FIRST_UNPRIVILEGED}."
        hint = "Containers that do not run as root cannot open it: let the service listen above 1023."
        yield place.finding(codes.PRIVILEGED_PORT, message, hint)
