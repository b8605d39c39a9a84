"""What an entry runs: the text of its compose file in, services with ports, volumes and limits out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from catalog.appgarden.interpolation import UnresolvedVariableError
from catalog.appgarden.volumes import Mount, MountError, MountKind, parse_mount
from catalog.model.compose import limits, services, texts
from catalog.model.yaml_text import DocumentError, read_yaml
from catalog.site import fields
from catalog.site.hosts import hosts_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from catalog.workspace.image_facts import ImageFacts

_LIMIT_UNITS = {"cpus": "CPU", "memory": "memory", "pids": "processes"}


class Compose(Struct, frozen=True):
    """A compose file as it was read: its text, its services' data by name, and whether it could be read."""

    text: str
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    is_readable: bool = True


class Service(Struct, frozen=True):
    """One service; every part may be empty.

    `ports` are offered to the platform, `exposed` to other services only. Limits read as `1.0 CPU`,
    `512M memory`. `waits_for` are services that start before it, `calls` those that its environment names.
    """

    name: str
    image: str
    ports: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    limits: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def volumes(self) -> tuple[str, ...]:
        """Its mounts in Compose's short form."""
        return tuple(short_form(mount) for mount in self.mounts)


class Image(Struct, frozen=True):
    """One image that must be there, and the services that run it (none for those started later).

    `digest` is empty, `size` (bytes) None and `platform` (such as `linux/amd64`) empty while nobody knows.
    """

    ref: str
    used_by: tuple[str, ...]
    digest: str = ""
    size: int | None = None
    platform: str = ""


def read_compose(compose_yml: str) -> Compose:
    """The compose file; one that cannot be read has no services."""
    try:
        return Compose(compose_yml, services(read_yaml(compose_yml)))
    except DocumentError:
        return Compose(compose_yml, is_readable=False)


def running(compose: Compose) -> tuple[Service, ...]:
    """The services of a compose file, in its order."""
    names = frozenset(compose.services)
    return tuple(_service(name, service, names - {name}) for name, service in compose.services.items())


def images(
    data: Mapping[str, Any], services: tuple[Service, ...], known: Mapping[str, ImageFacts]
) -> tuple[Image, ...]:
    """All images of an entry: those of its services, then those it names besides."""
    refs = dict.fromkeys(
        [
            *(service.image for service in services if service.image),
            *fields.texts(data, "docker_images"),
            *(ref for ref in [fields.text(data, "image")] if ref),
            *fields.texts(data, "extra_docker_images"),
        ]
    )
    return tuple(_image(ref, services, known.get(ref)) for ref in refs)


def environment(service: Mapping[str, Any]) -> Iterator[tuple[str | int, str, str]]:
    """The variables of a service that have text: the place in `environment`, the name, the value."""
    section = service.get("environment")
    if isinstance(section, dict):
        yield from ((name, name, value) for name, value in section.items() if isinstance(value, str))
    elif isinstance(section, list):
        for position, item in enumerate(section):
            if isinstance(item, str):
                name, _, value = item.partition("=")
                yield position, name, value


def short_form(mount: Mount) -> str:
    """A mount as Compose writes it in one line."""
    parts = (mount.source, mount.target, "ro" if mount.read_only else "")
    return ":".join(part for part in parts if part)


def _service(name: str, service: Mapping[str, Any], others: frozenset[str]) -> Service:
    resources = limits(dict(service))
    return Service(
        name=name,
        image=fields.text(service, "image"),
        ports=texts(service.get("ports")),
        exposed=texts(service.get("expose")),
        mounts=tuple(_mounts(service.get("volumes"))),
        limits=tuple(f"{resources[key]} {unit}" for key, unit in _LIMIT_UNITS.items() if key in resources),
        waits_for=_waits_for(service.get("depends_on")),
        calls=tuple(dict.fromkeys(_called(service, others))),
    )


def _image(ref: str, services: tuple[Service, ...], facts: ImageFacts | None) -> Image:
    used_by = tuple(one.name for one in services if one.image == ref)
    pinned = ref.rpartition("@")[2] if "@" in ref else ""
    if facts is None:
        return Image(ref, used_by, pinned)
    return Image(ref, used_by, pinned or facts.digest or "", facts.bytes, facts.platform)


def _mounts(section: Any) -> Iterator[Mount]:
    for item in section if isinstance(section, list) else ():
        try:
            yield parse_mount(item)
        except (MountError, UnresolvedVariableError):
            yield Mount(MountKind.ANONYMOUS, "", "".join(texts([item])))


def _waits_for(section: Any) -> tuple[str, ...]:
    names = section if isinstance(section, list | dict) else ()
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _called(service: Mapping[str, Any], others: frozenset[str]) -> Iterator[str]:
    for _, variable, value in environment(service):
        yield from (host for host in hosts_named(variable, value) if host in others)
