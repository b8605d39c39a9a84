"""Rules about building images: that there is something to build from, and that it lies in the extension."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.appgarden.place import gathered
from catalog.appgarden.sections import pairs
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding
    from catalog.rules.builds import Build
    from catalog.rules.subject import Subject

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/|git@")
_NOT_A_FOLDER = ("docker-image:", "service:")
_HINT = "Move what it needs into the extension: others have its folder, and perhaps no network."


def dockerfile_is_there(subject: Subject) -> Iterator[Finding]:
    """Every service that is built has its Dockerfile."""
    for build in subject.builds:
        path = build.paths.dockerfile
        if build.text is None and _is_inside(path) and "$" not in str(path) and _address(build) is None:
            state = "cannot be read" if path in subject.extension.files else "is not there"
            message = f"The service {build.service!r} is built from {path}, which {state}."
            hint = "Write it, or correct build.context or build.dockerfile."
            yield build.place.finding(codes.DOCKERFILE_MISSING, message, hint)


def builds_inside(subject: Subject) -> Iterator[Finding]:
    """A build takes its files from the extension's own folder, not from around it or from a network."""
    for build in subject.builds:
        address = _address(build)
        if address is not None:
            message = f"The service {build.service!r} is built from {address}, over a network."
            yield build.place.finding(codes.BUILD_OUTSIDE, message, _HINT)
        elif not (_is_inside(build.paths.context) and _is_inside(build.paths.dockerfile)):
            message = (
                f"The service {build.service!r} is built from files outside of {subject.extension.directory}."
            )
            yield build.place.finding(codes.BUILD_OUTSIDE, message, _HINT)
        yield from _contexts_outside(build)


def _address(build: Build) -> str | None:
    """The context if it is an address on a network."""
    declared = build.data["build"] if isinstance(build.data["build"], str) else build.section.get("context")
    return declared if isinstance(declared, str) and _ADDRESS.match(declared) else None


def _contexts_outside(build: Build) -> Iterator[Finding]:
    place = build.place / "additional_contexts"
    contexts, _ = gathered(pairs(build.section.get("additional_contexts"), place))
    for position, name, value in contexts:
        if _leads_outside(build, value):
            message = (
                f"The service {build.service!r} is built with the context {name!r} outside of its extension."
            )
            yield (place / position).finding(codes.BUILD_OUTSIDE, message, _HINT)


def _leads_outside(build: Build, value: Any) -> bool:
    if not isinstance(value, str) or value.startswith(_NOT_A_FOLDER):
        return False
    return bool(_ADDRESS.match(value)) or not _is_inside(build.located(value))


def _is_inside(path: PurePosixPath) -> bool:
    """Whether a normalised path stays in the extension."""
    return not path.is_absolute() and ".." not in path.parts
