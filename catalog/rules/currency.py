"""Rules about how the App Garden file stands to the development file that it is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.appgarden.emit import is_generated
from catalog.appgarden.freshness import Freshness
from catalog.model import codes
from catalog.model.compose import DEPLOYMENT_NAME, DEVELOPMENT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject


def file_is_there(subject: Subject) -> Iterator[Finding]:
    """An extension with a development file has its App Garden file."""
    if subject.freshness is not Freshness.MISSING:
        return
    extension, development = subject.extension, subject.source.development
    command = f"catalog sync-compose {extension.name}"
    is_refused = subject.expected is not None and subject.expected.data is None
    hint = f"Run: {command}"
    if is_refused and development is not None:
        hint = f"Correct the errors of {development.path.name}, then run: {command}"
    message = f"{extension.name} has no {DEPLOYMENT_NAME}, which is what the platform runs."
    yield codes.APPGARDEN_MISSING.at(extension.directory / DEPLOYMENT_NAME, message, hint=hint)


def file_is_current(subject: Subject) -> Iterator[Finding]:
    """The App Garden file is what the development file gives now.

    Where the development file or the version has errors, nobody knows what it would give; those errors are
    enough.
    """
    is_known = (
        subject.source.has_version and subject.expected is not None and subject.expected.data is not None
    )
    if subject.freshness is Freshness.STALE and is_known:
        extension = subject.extension
        message = f"{DEPLOYMENT_NAME} is not what the development file and the manifest give now."
        hint = f"Run: catalog sync-compose {extension.name}"
        yield codes.APPGARDEN_STALE.at(extension.directory / DEPLOYMENT_NAME, message, hint=hint)


def file_is_generated(subject: Subject) -> Iterator[Finding]:
    """A file that is written by hand is deployed as it is, and its author should know.

    Where the development file could not be read, that error comes first.
    """
    document = subject.source.deployment
    if subject.handwritten is None or document is None or is_generated(document.text):
        return
    if subject.has_unread_development:
        return
    command = f"catalog sync-compose {subject.extension.name} --force"
    hint = f"To have it generated, run: {command}"
    if subject.source.development is None:
        hint = f"To have it generated, write {DEVELOPMENT_NAMES[0]} and run: {command}"
    message = f"{DEPLOYMENT_NAME} is kept by hand: it is deployed as it is, and nothing brings it up to date."
    yield subject.handwritten.place.finding(codes.APPGARDEN_HANDWRITTEN, message, hint)
