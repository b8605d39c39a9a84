"""Rules about what is there and what is not: a description, a README, something to run, foreign fields."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.model import codes
from catalog.model.compose import DEPLOYMENT_NAME, DEVELOPMENT_NAMES
from catalog.model.manifest import SERVER_FIELDS
from catalog.model.names import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_README = PurePosixPath("README.md")
_COMPOSE_FILES = tuple(map(PurePosixPath, (*DEVELOPMENT_NAMES, DEPLOYMENT_NAME)))


def has_description(subject: Subject) -> Iterator[Finding]:
    """People find an extension by its description."""
    written = subject.fields.get("description")
    if written is not None and (not isinstance(written, str) or written.strip()):
        return  # one that is not text has a finding of its own
    message = f"{subject.extension.name} has no description; people see only its name in the catalog."
    hint = 'Add "description": one sentence that says what it does.'
    yield (subject.manifest_place / "description").finding(codes.DESCRIPTION_MISSING, message, hint)


def has_readme(subject: Subject) -> Iterator[Finding]:
    """The catalog's page of an extension shows its README."""
    extension = subject.extension
    if extension.readme is None and _README not in extension.files:
        file = extension.directory / _README
        message = f"{extension.name} has no README.md; its page in the catalog has nothing to tell."
        yield codes.README_MISSING.at(file, message, hint=f"Write {file}: what it is for and how to use it.")


def has_something_to_run(subject: Subject) -> Iterator[Finding]:
    """There is a compose file or, for a tool, at least an image."""
    extension, is_tool = subject.extension, subject.extension.kind is Kind.TOOL
    if any(name in extension.files for name in _COMPOSE_FILES) or (is_tool and subject.fields.get("image")):
        return
    lacks = 'neither a compose file nor an "image"' if is_tool else "no compose file"
    message = f"{extension.name} has {lacks}, so there is nothing to run."
    hint = f"Write {extension.directory / DEVELOPMENT_NAMES[0]}."
    yield subject.manifest_place.finding(codes.NOTHING_TO_RUN, message, hint)


def has_no_server_fields(subject: Subject) -> Iterator[Finding]:
    """Fields that the platform or the publisher sets do not come from a source."""
    for field in SERVER_FIELDS:
        if field in subject.fields:
            message = f"The field {field!r} is set by the platform; it is left out of the catalog."
            hint = f'Take "{field}" out of kamiwaza.json.'
            yield (subject.manifest_place / field).finding(codes.SERVER_FIELD, message, hint)
