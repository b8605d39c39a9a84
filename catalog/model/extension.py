"""An extension as it was read: what every ecosystem has, apart from what only Kamiwaza has.

Everything is a value that was read once; rules, transforms and pages work on it without touching the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from catalog.model.finding import Finding
    from catalog.model.manifest import Manifest
    from catalog.model.names import Kind


class SourceDocument(Struct, frozen=True):
    """A file that was parsed: its path in the workspace, its text, and its data (never to be changed)."""

    path: PurePosixPath
    text: str
    data: Any


class KamiwazaSource(Struct, frozen=True):
    """What Kamiwaza's form of an extension adds: the manifest and its compose files.

    `development` is docker-compose.yml, `deployment` docker-compose.appgarden.yml; the data of one that was
    generated is empty, since such a file is held against text. `included` has the other compose files that
    `extends` and `include` name, `dockerfiles` the text of every Dockerfile that a service builds from, and
    `configurations` that of the files which these copy for nginx; all are keyed by path relative to the
    extension.
    """

    manifest: Manifest
    manifest_document: SourceDocument
    development: SourceDocument | None = None
    deployment: SourceDocument | None = None
    included: Mapping[PurePosixPath, SourceDocument] = field(default_factory=dict)
    dockerfiles: Mapping[PurePosixPath, str] = field(default_factory=dict)
    configurations: Mapping[PurePosixPath, str] = field(default_factory=dict)

    @property
    def has_version(self) -> bool:
        """Whether the version is the one that was written; else a stand-in takes its place."""
        return bool(self.manifest_document.data.get("version") == self.manifest.version)


class Extension(Struct, frozen=True):
    """One extension folder; `name` is the directory's, `directory` is relative to the workspace.

    `files` maps every regular file in the folder (relative to it, dependency folders left out) to its size
    in bytes. `kamiwaza` is None when the folder has no readable manifest; `findings` says why.
    """

    name: str
    kind: Kind
    directory: PurePosixPath
    files: Mapping[PurePosixPath, int]
    findings: tuple[Finding, ...]
    kamiwaza: KamiwazaSource | None = None
    readme: SourceDocument | None = None
    changelog: SourceDocument | None = None

    @property
    def version(self) -> str:
        """The version as written or, where that is none, its stand-in; empty without a manifest."""
        return self.kamiwaza.manifest.version if self.kamiwaza else ""

    @property
    def written_version(self) -> str:
        """The version as written, empty where that is none."""
        return self.version if self.kamiwaza and self.kamiwaza.has_version else ""

    @property
    def description(self) -> str:
        """The one-line description, empty when there is none."""
        return self.kamiwaza.manifest.description if self.kamiwaza else ""

    def texts(self) -> dict[PurePosixPath, str]:
        """The text of every parsed file, by its path in the workspace, for looking up lines and columns."""
        source = self.kamiwaza
        if source is None:
            return {}
        documents = (
            source.manifest_document,
            source.development,
            source.deployment,
            *source.included.values(),
        )
        return {document.path: document.text for document in documents if document is not None}
