"""Which services are deployed: all but those with profiles, which are helpers of development."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.development import Service
from catalog.appgarden.sections import mapping, sequence, strings, wrong_form
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.development import Development
    from catalog.appgarden.place import Found
    from catalog.model.finding import Finding


def deployed_services(data: dict[str, Any], development: Development) -> Found[list[Service]]:
    """The services of the self-contained document `data` that are deployed, in their order."""
    place = development.place / "services"
    declared = yield from mapping(data.get("services"), place)
    services = []
    for name, value in declared.items():
        if isinstance(value, dict):
            service = Service(name, value, place / name, development)
            if not (yield from _is_helper(service)):
                services.append(service)
        else:
            message = f"The service {name!r} is not a mapping, so there is nothing to run."
            yield (place / name).finding(codes.SERVICE_INVALID, message, "Give it an image, or take it away.")
    if not services:
        message = "There is no service to deploy."
        yield place.finding(codes.NO_SERVICES, message, "Add a service without profiles under services.")
    for service in services:
        yield from _unknown_dependencies(service, declared)
    return services


def dependencies(service: Service, deployed: frozenset[str]) -> Found[Any]:
    """The service's `depends_on` without the services that are not deployed; None when nothing is left."""
    section = service.data.get("depends_on")
    if not isinstance(section, list | dict | None):
        yield wrong_form(section, service.place / "depends_on", "a list of services")
    if isinstance(section, dict):
        return {name: inner for name, inner in section.items() if name in deployed} or None
    if isinstance(section, list):
        names = yield from strings(section, service.place / "depends_on")
        return [name for name in names if name in deployed] or None
    return None


def _unknown_dependencies(service: Service, declared: dict[str, Any]) -> Iterator[Finding]:
    section = service.data.get("depends_on")
    for name in section if isinstance(section, list | dict) else ():
        if isinstance(name, str) and name not in declared:
            message = (
                f"The service {service.name!r} depends on {name!r}, which is no service; it was dropped."
            )
            hint = "Take it away, or write the name of a service."
            yield (service.place / "depends_on").finding(codes.KEY_DROPPED, message, hint)


def _is_helper(service: Service) -> Found[bool]:
    place = service.place / "profiles"
    profiles = yield from sequence(service.data.get("profiles"), place)
    if profiles:
        names = ", ".join(str(profile) for profile in profiles)
        message = f"The service {service.name!r} was dropped: it runs with the profile {names} only."
        hint = "Take profiles away if the platform is to run it."
        yield place.finding(codes.PROFILE_DROPPED, message, hint)
    return bool(profiles)
