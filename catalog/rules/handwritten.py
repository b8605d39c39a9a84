"""Rules about an App Garden file that is written by hand: what a generated one has by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from catalog.appgarden.extra_hosts import HOST, HOST_GATEWAY
from catalog.appgarden.transform import transform
from catalog.model import codes, compose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding
    from catalog.rules.subject import DeployedService, Subject

_LIMITS = ("cpus", "memory")
_AN_EXAMPLE = {"cpus": "1.0", "memory": "1G"}

REFUSED = (
    codes.NO_SERVICES,
    codes.SERVICE_INVALID,
    codes.SECTION_INVALID,
    codes.REFERENCE_UNRESOLVED,
    codes.VARIABLE_UNRESOLVED,
    codes.IMAGE_MISSING,
    codes.PORT_INVALID,
    codes.PRIVILEGED_PORT,
    codes.ENGINE_SOCKET_LOW_RISK,
    codes.HOST_NETWORK,
    codes.HOST_POWER,
    codes.HOST_FILE,
    codes.LINK_UNSUPPORTED,
    codes.PULL_ALWAYS,
    codes.PLATFORM_PINNED,
    codes.TRAEFIK_LABEL,
    codes.VARIABLE_WITHOUT_DEFAULT,
)
"""What the transform finds in a file as it stands; its other codes tell what it changes."""


def sound_for_the_platform(subject: Subject) -> Iterator[Finding]:
    """The file has nothing that the transform would refuse in a development file.

    The transform is run on the file itself, so that one place knows what the platform takes. Images have
    rules of their own.
    """
    document = subject.source.deployment
    if subject.handwritten is None or document is None:
        return
    source = replace(subject.source, development=document)
    made = transform(replace(subject.extension, kamiwaza=source), subject.organization)
    for finding in made.findings:
        if finding.code in REFUSED and finding.pointer[-1:] != ("image",):
            yield finding


def needs_no_other_files(subject: Subject) -> Iterator[Finding]:
    """The file stands alone: the target has none of the files that it includes or extends."""
    file = subject.handwritten
    if file is None:
        return
    for path in dict.fromkeys(compose.referenced_files(file.data)):
        message = f"{file.place.file.name} takes services from {path}, which does not exist on the target."
        yield file.place.finding(codes.HOST_FILE, message, "Write these services out.")


def builds_nothing(subject: Subject) -> Iterator[Finding]:
    """Images come ready-made: the target has no sources to build from."""
    for service in subject.handwritten_services:
        if service.data.get("build") is not None:
            message = f"The service {service.name!r} has a build section, but the platform builds nothing."
            hint = "Take build away, and name the image that was built."
            yield (service.place / "build").finding(codes.BUILD_PRESENT, message, hint)


def limits_resources(subject: Subject) -> Iterator[Finding]:
    """Every service says how much processor and memory it may take."""
    for service in subject.handwritten_services:
        limits = compose.limits(service.data)
        missing = [key for key in _LIMITS if limits.get(key) in (None, "")]
        if missing:
            message = f"The service {service.name!r} has no limit for {' and '.join(missing)}."
            example = ", ".join(f"{key}: {_AN_EXAMPLE[key]!r}" for key in missing)
            hint = f"Add it under deploy.resources.limits, such as {example}."
            place = service.place / "deploy" / "resources" / "limits"
            yield place.finding(codes.LIMITS_MISSING, message, hint)


def reaches_the_host(subject: Subject) -> Iterator[Finding]:
    """A service that names the host in its environment can resolve that name."""
    for service in subject.handwritten_services:
        if _maps_host(service):
            continue
        for setting in service.environment:
            if isinstance(setting.value, str) and HOST in setting.value:
                message = (
                    f"{setting.name} of the service {service.name!r} names {HOST}, which it cannot resolve."
                )
                hint = f'Add extra_hosts: ["{HOST_GATEWAY}"] to the service.'
                yield setting.place.finding(codes.HOST_GATEWAY_MISSING, message, hint)
                break


def _maps_host(service: DeployedService) -> bool:
    section = service.data.get("extra_hosts")
    entries = section if isinstance(section, list | dict) else ()
    return any(isinstance(entry, str) and entry.replace("=", ":").split(":")[0] == HOST for entry in entries)
