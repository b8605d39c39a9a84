"""What the transform knows about one extension: the parts of `Extension` that it needs, at hand."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.appgarden.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.model.extension import Extension
    from catalog.model.manifest import Manifest

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")  # distribution/reference


class Development(Struct, frozen=True):
    """A development file with what surrounds it.

    `documents` has the data of this file and of those that it leads to, by path relative to the extension;
    `own` is this file's key in it. `tag` is the tag of our images, None when the version cannot be one.
    """

    extension: str
    organization: str
    version: str
    tag: str | None
    risk_tier: int
    known_variables: frozenset[str]
    place: Place
    own: PurePosixPath
    documents: Mapping[PurePosixPath, Any]
    files: Mapping[PurePosixPath, int]
    dockerfiles: Mapping[PurePosixPath, str]

    @property
    def data(self) -> Any:
        """The parsed development file."""
        return self.documents[self.own]


class Service(Struct, frozen=True):
    """One service of a development file, after `extends`, and where it stands."""

    name: str
    data: dict[str, Any]
    place: Place
    development: Development


def development_of(extension: Extension, organization: str) -> Development:
    """What the transform needs of `extension`, whose own images are in the namespace `organization`.

    Raises:
        ValueError: the extension has no development file.
    """
    source = extension.kamiwaza
    if source is None or source.development is None:
        raise ValueError(f"{extension.name} has no development file to transform")
    own = PurePosixPath(source.development.path.name)
    included = {normal(path): document.data for path, document in source.included.items()}
    return Development(
        extension=extension.name,
        organization=organization,
        version=source.manifest.version,
        tag=version_tag(source.manifest.version),
        risk_tier=source.manifest.risk_tier,
        known_variables=_known_variables(source.manifest),
        place=Place(source.development.path),
        own=own,
        documents={**included, own: source.development.data},
        files=extension.files,
        dockerfiles=source.dockerfiles,
    )


def version_tag(version: str) -> str | None:
    """The tag of our images at this version; None when registries take no such tag (a `+` in it)."""
    tag = f"v{version}"
    return tag if _TAG.fullmatch(tag) else None


def normal(path: PurePosixPath | str) -> PurePosixPath:
    """The path without `.` and, where possible, without `..`."""
    return PurePosixPath(posixpath.normpath(path))


def _known_variables(manifest: Manifest) -> frozenset[str]:
    """The variables that the platform sets, or asks its user for."""
    return frozenset(
        (
            *(manifest.env_defaults or ()),
            *(manifest.required_env_vars or ()),
            *(manifest.optional_env_vars or ()),
        )
    )
