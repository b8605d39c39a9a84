"""Makes the compose file of a test run: services as the platform would run them, cut off from the host."""

from __future__ import annotations

import copy
import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from catalog.appgarden.interpolation import UnresolvedVariableError, resolved
from catalog.appgarden.place import Place, gathered
from catalog.appgarden.ports import PortError, parse_port
from catalog.appgarden.sections import pairs
from catalog.model import compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SERVICE_LABEL = "io.kamiwaza.catalog.service"
_NOWHERE = Place(PurePosixPath())  # what is wrong with the file is reported elsewhere
_LEFT_OUT = ("ports", "container_name", "env_file", "labels", "build", "profiles", "restart")


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
    names: Iterable[str],
    labels: Mapping[str, str],
    front: tuple[str, int] | None = None,
) -> str:
    """The compose file with these services of the deployment `data`, as JSON, which is YAML too.

    No port is published but that of `front` (service, container port), on a port of this machine's loopback
    that the engine chooses; nothing of the host is mounted; everything carries `labels`.
    """
    wanted = set(names)
    services = {}
    for name, service in compose.services(data).items():
        if name in wanted:
            services[name] = _isolated(service, wanted, {**labels, SERVICE_LABEL: name})
            if front and front[0] == name:
                services[name]["ports"] = [f"127.0.0.1::{front[1]}"]
    volumes = data.get("volumes")
    document = {
        "version": "3.8",  # docker-compose 1 wants one; newer programs pass over it
        "services": services,
        "volumes": {name: {"labels": dict(labels)} for name in volumes} if isinstance(volumes, dict) else {},
        "networks": {"default": {"labels": dict(labels)}},
    }
    return json.dumps({key: value for key, value in document.items() if value}, indent=1)


def _isolated(service: dict[str, Any], wanted: set[str], labels: Mapping[str, str]) -> dict[str, Any]:
    kept = {key: copy.deepcopy(value) for key, value in service.items() if key not in _LEFT_OUT}
    dependencies = kept.get("depends_on")
    if isinstance(dependencies, dict):
        kept["depends_on"] = {name: value for name, value in dependencies.items() if name in wanted}
    elif isinstance(dependencies, list):
        kept["depends_on"] = [name for name in dependencies if name in wanted]
    return {**kept, "labels": dict(labels), "restart": "no"}


def environment_of(service: dict[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """What a service declares in `environment`, with the defaults of its variables; nothing of the host.

    Args:
        service: the service.
        values: what the manifest's env_defaults say, for what the file leaves open.
    """
    section, _ = gathered(pairs(service.get("environment"), _NOWHERE))
    found: dict[str, str] = {}
    for _, name, value in section:
        if value is None:
            found |= {name: values[name]} if name in values else {}
        else:
            found[name] = _resolved(str(value).lower() if isinstance(value, bool) else str(value))
    return found


def _resolved(text: str) -> str:
    try:
        return resolved(text)
    except UnresolvedVariableError:
        return ""  # what compose makes of it


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
