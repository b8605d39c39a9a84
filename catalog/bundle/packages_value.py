"""What a package database says of a package, and what a layer has of them, as values."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

PackageKind = Literal["deb", "apk", "rpm", "pypi", "npm"]
EntryKind = Literal["folder", "file", "link", "database"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Package(_Value):
    """A package; `source` and `source_version` are what it was built from, where that has another name."""

    kind: PackageKind
    name: str
    version: str = ""
    arch: str = ""
    source: str = ""
    source_version: str = ""


class System(_Value):
    """The distribution, as os-release has it: `ID`, `VERSION_ID` and `PRETTY_NAME`."""

    id: str
    version: str = ""
    title: str = ""


class LayerEntry(_Value):
    """A file, folder or link of a layer at `path`; databases come with what they hold."""

    kind: EntryKind
    path: str
    target: str = ""
    packages: tuple[Package, ...] = ()
    system: System | None = None


class LayerPackages(_Value):
    """What a layer does to the packages of an image.

    `removed` are paths that it takes away from the layers below, `emptied` the folders whose former content
    it hides, `entries` what it brings, in its own order, `gaps` sentences about what could not be read.
    """

    diff_id: str
    removed: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    entries: tuple[LayerEntry, ...] = ()
    gaps: tuple[str, ...] = ()


class Record(_Value):
    """A layer's packages as the cache keeps them, beside the blob that they were found in."""

    blob: str
    found: LayerPackages
