"""Makes the compose file of a test run: services as the platform would run them, cut off from the host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.ports import PortError, parse_port
from catalog.model import compose
from catalog.operations.suite_isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

SERVICE_LABEL = "io.kamiwaza.catalog.service"


def needs(data: dict[str, Any], service: str) -> tuple[str, ...]:
    """The services that `service` depends on, also by others, in the file's order; itself not among them."""
    services = compose.services(data)
    found: set[str] = set()
    waiting = [service]
    while waiting:
        section = services.get(waiting.pop(), {}).get("depends_on")
        names = {str(name) for name in section} if isinstance(section, dict | list) else set()
        new = (names & set(services)) - found
        found |= new
        waiting += new
    return tuple(name for name in services if name in found and name != service)


def isolated_file(
    data: dict[str, Any],
    names: Collection[str],
    labels: Mapping[str, str],
    values: Mapping[str, str],
    front: tuple[str, int] | None = None,
) -> str:
    """The compose file with these services of the deployment `data`, as JSON, which is YAML too.

    No port is published but that of `front` (service, container port), on a port of this machine's loopback
    that the engine chooses; nothing of the host is mounted, nothing has power over it; everything carries
    `labels`. Variables are filled in with `values`, so the program for compose is told of none.
    """
    services: dict[str, dict[str, Any]] = {}
    for name, service in _chosen(data, names):
        services[name] = isolated(service, names, values).section | {
            "labels": {**labels, SERVICE_LABEL: name},
            "restart": "no",
        }
        if front and front[0] == name:
            services[name]["ports"] = [f"127.0.0.1::{front[1]}"]
    volumes = data.get("volumes")
    document = {
        "version": "3.8",  # docker-compose 1 wants one; newer programs pass over it
        "services": services,
        "volumes": {name: {"labels": dict(labels)} for name in volumes} if isinstance(volumes, dict) else {},
        "networks": {"default": {"labels": dict(labels)}},
    }
    return json.dumps({key: value for key, value in document.items() if value}, indent=1).replace("$", "$$")


def left_out(data: dict[str, Any], names: Collection[str], values: Mapping[str, str]) -> str:
    """What these services do without in a test, such as `web: privileged, pid`; empty if that is nothing."""
    found = {name: isolated(service, names, values).left_out for name, service in _chosen(data, names)}
    return "; ".join(f"{name}: {', '.join(keys)}" for name, keys in found.items() if keys)


def _chosen(data: dict[str, Any], names: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((name, service) for name, service in compose.services(data).items() if name in names)


def front_port(data: dict[str, Any]) -> tuple[str, int] | None:
    """The service that the platform shows, which is the first with a port, and that port."""
    for name, service in compose.services(data).items():
        entries = service.get("ports")
        for entry in entries if isinstance(entries, list) else ():
            try:
                ports = parse_port(entry).ports
            except (PortError, UnresolvedVariableError):
                continue
            if ports:
                return name, ports[0].number
    return None
