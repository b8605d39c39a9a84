"""Rules about health: that the platform can tell whether a service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_FINISHED = "service_completed_successfully"


def reached_services_have_a_check(subject: Subject) -> Iterator[Finding]:
    """A service that offers a port, or that others wait for, has a health check, or its Dockerfile has one.

    One that others wait for to end is a task, and needs none.
    """
    awaited = dict(_awaited(subject))
    checked: frozenset[str] | None = None
    for service in subject.services:
        is_reached = bool(service.data.get("ports") or service.data.get("expose")) or service.name in awaited
        if not is_reached or awaited.get(service.name) == _FINISHED or _says_how(service.data):
            continue
        checked = checked if checked is not None else frozenset(_checked_by_image(subject))
        if service.name not in checked:
            message = f"The service {service.name!r} has no health check, so nobody sees that it hangs."
            hint = 'Add healthcheck with a test, such as ["CMD", "wget", "-qO-", "http://127.0.0.1:8000/health"].'
            yield service.place.finding(codes.HEALTHCHECK_MISSING, message, hint)


def _awaited(subject: Subject) -> Iterator[tuple[str, Any]]:
    """Each service that another one depends on, with the condition that is waited for."""
    for service in subject.services:
        section = service.data.get("depends_on")
        if isinstance(section, dict):
            for name, wish in section.items():
                yield name, wish.get("condition") if isinstance(wish, dict) else None
        else:
            names = section if isinstance(section, list) else ()
            yield from ((name, None) for name in names if isinstance(name, str))


def _says_how(service: dict[str, Any]) -> bool:
    """Whether it has a health check, or says that it wants none, in Compose's or the platform's way."""
    own = service.get("x-kamiwaza")
    return service.get("healthcheck") is not None or (isinstance(own, dict) and "healthCheck" in own)


def _checked_by_image(subject: Subject) -> Iterator[str]:
    """The services whose Dockerfile has a health check."""
    for build in subject.builds:
        if any(one.word == "HEALTHCHECK" for stage in build.stages() for one in stage.instructions):
            yield build.service
