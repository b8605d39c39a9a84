"""Whether an entry runs without a network once its images are there, by four checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.model.image_ref import ImageRef
from catalog.site.fields import mapping, text
from catalog.site.hosts import hosts_named, is_outside
from catalog.site.reason import Ground, named
from catalog.site.services import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from catalog.model.finding import Finding, Pointer
    from catalog.registry.registry import Entry
    from catalog.site.reason import Reason
    from catalog.site.services import Compose, Image

IMAGES, PULLS, HOSTS, ERRORS = "unpinned-image", "pulls-at-start", "outside-host", "errors"
AIRGAP_CHECKS = {
    IMAGES: "Every image is tagged or pinned",
    PULLS: "No image is pulled at every start",
    HOSTS: "No outside host is in its environment",
    ERRORS: "The last check found no errors",
}
"""Every word of a problem, with what is so when there is none; in the order in which they are shown."""


class Check(Struct, frozen=True):
    """One of the checks: what is so if it is passed, and why it is not."""

    title: str
    problems: tuple[Reason, ...]


def checks(problems: tuple[Reason, ...]) -> tuple[Check, ...]:
    """All checks, each with its problems."""
    return tuple(
        Check(title, tuple(one for one in problems if one.word == word))
        for word, title in AIRGAP_CHECKS.items()
    )


def airgap_problems(
    entry: Entry, compose: Compose, images: tuple[Image, ...], findings: Iterable[Finding]
) -> tuple[Ground, ...]:
    """The grounds on which an entry is not airgap-ready; none if it is."""
    return (
        *_of_images(images, compose),
        *_of_pulls(compose.services),
        *_of_environment(compose.services),
        *_of_defaults(entry.data),
        *_of_findings(findings),
    )


def _of_images(images: tuple[Image, ...], compose: Compose) -> Iterator[Ground]:
    if not compose.is_readable:
        yield Ground(IMAGES, "Its compose file cannot be read, so nobody knows which images it needs.")
    elif not images:
        yield Ground(IMAGES, "It names no image, so there is nothing to carry.")
    for name, service in compose.services.items():
        if not text(service, "image"):
            sentence = f"The service {named(name)} names no image."
            yield Ground(IMAGES, sentence, ("services", name))
    for image in images:
        problem = _tag_problem(image.ref)
        if problem:
            yield Ground(IMAGES, f"The image {named(image.ref)} {problem}.", _place_of(image))


def _place_of(image: Image) -> Pointer:
    return ("services", image.used_by[0], "image") if image.used_by else ()


def _tag_problem(text: str) -> str:
    try:
        ref = ImageRef.parse(text)
    except ValueError:
        return "cannot be carried: it is no image reference"
    if ref.digest or ref.tag not in {"", "latest"}:
        return ""
    which = "the tag latest" if ref.tag else "no tag"
    return f"has {which}, so it is another one from day to day"


def _of_pulls(services: Mapping[str, Mapping[str, Any]]) -> Iterator[Ground]:
    for name, service in services.items():
        policy = text(service, "pull_policy")
        if policy in {"always", "daily", "weekly"} or policy.startswith("every_"):
            sentence = (
                f"The service {named(name)} asks a registry when it starts (pull_policy: {named(policy)})."
            )
            yield Ground(PULLS, sentence, ("services", name, "pull_policy"))


def _of_environment(services: Mapping[str, Mapping[str, Any]]) -> Iterator[Ground]:
    for name, service in services.items():
        for position, variable, value in environment(service):
            for host in _outside(variable, value, services):
                sentence = (
                    f"{named(variable)} of the service {named(name)} names {named(host)}, which is outside."
                )
                yield Ground(HOSTS, sentence, ("services", name, "environment", position))


def _of_defaults(data: Mapping[str, Any]) -> Iterator[Ground]:
    for variable, value in mapping(data, "env_defaults").items():
        if isinstance(value, str):
            for host in _outside(variable, value, ()):
                yield Ground(
                    HOSTS, f"The default of {named(variable)} names {named(host)}, which is outside."
                )


def _outside(variable: str, value: str, services: Iterable[str]) -> Iterator[str]:
    yield from (host for host in hosts_named(variable, value) if is_outside(host) and host not in services)


def _of_findings(findings: Iterable[Finding]) -> Iterator[Ground]:
    for finding in findings:
        if finding.is_error:
            yield Ground(ERRORS, f"{finding.code.id}: {named(finding.message)}")
