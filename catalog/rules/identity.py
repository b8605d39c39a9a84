"""Rules about what an extension calls itself: its name, its kind and its version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from catalog.model import codes
from catalog.model.names import MAX_NAME_LENGTH, Kind, is_name, kind_by_prefix, with_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def directory_name(subject: Subject) -> Iterator[Finding]:
    """The folder's name can be an extension's name: it becomes image names and DNS labels."""
    extension = subject.extension
    if is_name(extension.name):
        return
    message = (
        f"The folder {extension.directory} cannot give its name to an extension: names have lower-case "
        f"letters, digits and hyphens, at most {MAX_NAME_LENGTH}, a letter first and no hyphen last."
    )
    wish = _NOT_IN_NAMES.sub("-", extension.name.lower()).strip("-")[:MAX_NAME_LENGTH].rstrip("-")
    hint = f"Rename the folder to {wish}." if is_name(wish) else "Rename the folder."
    yield codes.DIRECTORY_NAME.at(extension.directory, message, hint=hint)


def name_is_directory(subject: Subject) -> Iterator[Finding]:
    """The manifest's name is the folder's."""
    name, directory = subject.manifest.name, subject.extension.directory
    if name != subject.extension.name:
        message = f"The name is {name!r}, but the folder is {directory}."
        hint = f'Write "name": "{subject.extension.name}", or rename the folder.'
        yield (subject.manifest_place / "name").finding(codes.NAME_NOT_DIRECTORY, message, hint)


def has_prefix(subject: Subject) -> Iterator[Finding]:
    """A service's or tool's name has the prefix by which the platform routes it."""
    name, kind = subject.manifest.name, subject.extension.kind
    if kind_by_prefix(name) is Kind.APP and kind is not Kind.APP:
        prefixes = " or ".join(repr(prefix) for prefix in kind.prefixes)
        message = f"The {kind} {name!r} lacks the prefix {prefixes}, by which the platform knows its kind."
        hint = f"Rename it and its folder to {with_prefix(name, kind)}."
        yield (subject.manifest_place / "name").finding(codes.PREFIX_MISSING, message, hint)


def has_no_other_prefix(subject: Subject) -> Iterator[Finding]:
    """The name does not begin as those of another kind do."""
    name, kind = subject.manifest.name, subject.extension.kind
    routed = kind_by_prefix(name)
    if routed not in {kind, Kind.APP}:
        message = f"The {kind} {name!r} begins like a {routed}, and the platform would run it as one."
        hint = f"Rename it, or move its folder to {routed.folder}/."
        yield (subject.manifest_place / "name").finding(codes.PREFIX_OF_OTHER_KIND, message, hint)


def type_is_folder(subject: Subject) -> Iterator[Finding]:
    """`template_type`, and its newer spelling `type`, agree with the folder."""
    kind = subject.extension.kind
    declared = {"template_type": subject.manifest.template_type, "type": subject.manifest.type}
    for field, word in declared.items():
        if word is not None and word != kind.value:
            message = f"The field {field!r} says {word}, but the extension lies in {kind.folder}/."
            hint = f'Write "{field}": "{kind}", or move the folder to {Kind(word).folder}/.'
            yield (subject.manifest_place / field).finding(codes.TYPE_MISMATCH, message, hint)


def version_is_a_tag(subject: Subject) -> Iterator[Finding]:
    """The version has no build metadata, since image tags cannot hold its plus sign."""
    version = subject.manifest.version
    if "+" in version:
        message = f"The version {version!r} has build metadata, and an image tag cannot hold a plus sign."
        hint = f'Write "version": "{version.partition("+")[0]}".'
        yield (subject.manifest_place / "version").finding(codes.VERSION_BUILD_METADATA, message, hint)
