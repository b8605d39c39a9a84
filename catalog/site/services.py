"""What an entry runs: the text of its compose file in, services with ports, volumes and limits out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.model.compose import limits, services, texts
from catalog.model.yaml_text import DocumentError, read_yaml
from catalog.site import fields

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMIT_UNITS = {"cpus": "CPU", "memory": "memory", "pids": "processes"}


@dataclass(frozen=True, slots=True)
class Service:
    """One service; every part may be empty. Limits read as `1.0 CPU`, `512M memory`."""

    name: str
    image: str
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """One image that must be there, and the services that run it (none for those started later)."""

    ref: str
    used_by: tuple[str, ...]


def read_services(compose_yml: str) -> tuple[Service, ...]:
    """The services of a compose file, in its order; none when it cannot be read."""
    try:
        data = read_yaml(compose_yml)
    except DocumentError:
        return ()
    return tuple(_service(name, service) for name, service in services(data).items())


def images(data: Mapping[str, Any], running: tuple[Service, ...]) -> tuple[Image, ...]:
    """All images of an entry: those of its services, then those it names besides."""
    refs = dict.fromkeys(
        [
            *(service.image for service in running if service.image),
            *fields.texts(data, "docker_images"),
            *(ref for ref in [fields.text(data, "image")] if ref),
            *fields.texts(data, "extra_docker_images"),
        ]
    )
    return tuple(Image(ref, tuple(one.name for one in running if one.image == ref)) for ref in refs)


def _service(name: str, service: Mapping[str, Any]) -> Service:
    resources = limits(dict(service))
    return Service(
        name=name,
        image=fields.text(service, "image"),
        ports=(*texts(service.get("ports")), *texts(service.get("expose"))),
        volumes=texts(service.get("volumes")),
        limits=tuple(f"{resources[key]} {unit}" for key, unit in _LIMIT_UNITS.items() if key in resources),
    )
