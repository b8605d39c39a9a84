"""docker-compose.yml -> docker-compose.appgarden.yml, as data: `Extension` in, `Deployment` out.

Nothing that is given is changed, and parts that stay the same are shared with what was given. The order of
services, and of the keys in them, is kept: the platform finds the main service by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.appgarden.development import Development, Service, development_of
from catalog.appgarden.emit import to_yaml
from catalog.appgarden.extends import self_contained
from catalog.appgarden.extra_hosts import reachable_host
from catalog.appgarden.host_files import carried
from catalog.appgarden.keys import STEPS
from catalog.appgarden.limits import limited_deploy
from catalog.appgarden.mounts import planned_mounts
from catalog.appgarden.network import dropped_networks
from catalog.appgarden.place import gathered
from catalog.appgarden.selection import dependencies, deployed_services
from catalog.appgarden.service_image import service_image
from catalog.appgarden.volume_section import volume_section
from catalog.model import codes
from catalog.model.finding import has_errors

if TYPE_CHECKING:
    from catalog.appgarden.mounts import MountPlan
    from catalog.appgarden.place import Found
    from catalog.model.extension import Extension
    from catalog.model.finding import Finding

_OBSOLETE = frozenset({"version", "include", "networks"})  # networks have a finding of their own


class Deployment(Struct, frozen=True):
    """What the platform is to run, and that as YAML; None and empty when one of the findings is an error."""

    data: dict[str, Any] | None
    findings: tuple[Finding, ...]
    text: str = ""


def transform(extension: Extension, organization: str) -> Deployment:
    """The deployment of an extension that has a development file; `organization` is our images' namespace.

    Raises:
        ValueError: the extension has no development file.
    """
    data, findings = gathered(_deployment(development_of(extension, organization)))
    if has_errors(findings):
        return Deployment(None, findings)
    return Deployment(data, findings, to_yaml(data))


def _deployment(development: Development) -> Found[dict[str, Any]]:
    data = yield from self_contained(development)
    services = yield from deployed_services(data, development)
    yield from dropped_networks(development, data.get("networks"), services)
    mounts = yield from planned_mounts(services)
    names = frozenset(service.name for service in services)
    written = {}
    for service in services:
        written[service.name] = yield from _written(service, mounts, names)
    sections: dict[str, Any] = {"services": written}
    sections["volumes"] = yield from volume_section(data.get("volumes"), mounts.names, development)
    for section in ("configs", "secrets"):
        used = frozenset(name for service in services for name in _used(service.data.get(section)))
        sections[section] = yield from carried(section, data.get(section), used, development)
    yield from _unused(data, sections, development)
    return (yield from _ordered(data, sections, development))


def _written(service: Service, mounts: MountPlan, deployed: frozenset[str]) -> Found[dict[str, Any]]:
    """One service: keys in their order; an image takes the place of the build section, new keys go last."""
    image = yield from service_image(service)
    made = {
        "image": image,
        "volumes": mounts.entries.get(service.name),
        "depends_on": (yield from dependencies(service, deployed)),
        "extra_hosts": (yield from reachable_host(service)),
        "deploy": (yield from limited_deploy(service, image)),
    }
    result: dict[str, Any] = {}
    for key, value in service.data.items():
        name = "image" if key == "build" and "image" not in service.data else key
        if name in made:
            kept = made[name]
        else:
            step = STEPS.get(name)
            kept = value if step is None else (yield from step(service, value))
            if step is None and kept is None:
                result[name] = None
        if kept is not None:
            result[name] = kept
    return {
        **result,
        **{key: value for key, value in made.items() if value is not None and key not in result},
    }


def _ordered(
    data: dict[str, Any], sections: dict[str, Any], development: Development
) -> Found[dict[str, Any]]:
    """The document: sections where they stood, `volumes` last if it is new."""
    result: dict[str, Any] = {}
    for key, value in data.items():
        if key in sections:
            if sections[key]:
                result[key] = sections[key]
        elif key == "name":
            message = f"The key name ({value!r}) was dropped: deployments would share that project's name."
            hint = "Nothing needs to be done for the platform."
            yield (development.place / key).finding(codes.KEY_DROPPED, message, hint)
        elif key not in _OBSOLETE and not key.startswith("x-"):
            result[key] = value
    return {**result, **{key: section for key, section in sections.items() if section and key not in result}}


def _unused(data: dict[str, Any], sections: dict[str, Any], development: Development) -> Found[None]:
    """A finding for each volume, config and secret that no deployed service uses."""
    for section in ("volumes", "configs", "secrets"):
        declared = data.get(section)
        for name in declared if isinstance(declared, dict) else ():
            if name not in sections[section]:
                message = f"{section} has {name!r}, which no deployed service uses; it was dropped."
                hint = "Take it away if nothing else needs it."
                yield (development.place / section / name).finding(codes.KEY_DROPPED, message, hint)


def _used(references: Any) -> list[str]:
    """The names in a service's `configs` or `secrets`, in either form."""
    found = []
    for reference in references if isinstance(references, list) else ():
        name = reference.get("source") if isinstance(reference, dict) else reference
        if isinstance(name, str):
            found.append(name)
    return found
