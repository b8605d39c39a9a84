"""Rules about the ports of a deployment: which are offered, and that none belongs to the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import UnresolvedVariableError, split
from catalog.appgarden.ports import PortError, parse_port
from catalog.model import codes
from catalog.model.names import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject


def no_host_ports(subject: Subject) -> Iterator[Finding]:
    """The platform chooses the host's ports; a file that is written by hand names the container's only."""
    for service in subject.handwritten_services:
        for entry, place in service.items("ports"):
            if _names_host(entry):
                message = f"The service {service.name!r} publishes {_short(entry)}, a port of the host."
                hint = "Write the container's port alone, such as 8000; the platform chooses the host's."
                yield place.finding(codes.HOST_PORT_PRESENT, message, hint)


def no_port_ranges(subject: Subject) -> Iterator[Finding]:
    """Ports are listed one by one, as the platform reads them."""
    for service in subject.handwritten_services:
        for entry, place in service.items("ports"):
            if _count(entry) > 1:
                message = (
                    f"The service {service.name!r} offers {_short(entry)}, a range of ports in one entry."
                )
                hint = "Write each port as an entry of its own, as the platform reads them."
                yield place.finding(codes.PORT_RANGE, message, hint)


def offers_a_port(subject: Subject) -> Iterator[Finding]:
    """People reach an app or a tool through a port."""
    is_reached = subject.extension.kind in {Kind.APP, Kind.TOOL}
    if subject.deployed is None or not subject.services or not is_reached:
        return
    if any(service.data.get("ports") or service.data.get("expose") for service in subject.services):
        return
    message = f"No service of {subject.extension.name} offers a port, so nobody can reach it."
    hint = "Add ports to the service that people use, such as 8000."
    yield (subject.deployed.place / "services").finding(codes.NO_PORT, message, hint)


def _names_host(entry: Any) -> bool:
    if isinstance(entry, dict):
        return entry.get("published") is not None or entry.get("host_ip") is not None
    return isinstance(entry, str) and len(split(entry)) > 1


def _count(entry: Any) -> int:
    """How many ports an entry opens; 0 for one that does not parse, which has a finding of its own."""
    try:
        return len(parse_port(entry).ports)
    except (PortError, UnresolvedVariableError):
        return 0


def _short(entry: Any) -> str:
    if isinstance(entry, dict):
        return ":".join(str(entry[key]) for key in ("host_ip", "published", "target") if key in entry)
    return repr(entry)
