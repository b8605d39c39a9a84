"""Reads extension folders into values: files in, `Extension` out, problems as findings."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from catalog.appgarden.dockerfile import configurations
from catalog.appgarden.emit import is_generated
from catalog.appgarden.extends import resolved_services
from catalog.errors import UsageError
from catalog.model import codes, compose
from catalog.model.extension import Extension, KamiwazaSource
from catalog.model.json_text import read_json
from catalog.model.manifest import MANIFEST_NAME, read_manifest
from catalog.model.yaml_text import read_yaml
from catalog.workspace.folders import extension_folders, leads_outside, listing
from catalog.workspace.picture_head import picture_findings
from catalog.workspace.source_file import Reading, read_document, read_prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from catalog.model.compose import BuildSection
    from catalog.model.extension import SourceDocument
    from catalog.model.finding import Finding
    from catalog.model.names import Kind
    from catalog.workspace.folders import ExtensionFolder, Listing

README_NAME = PurePosixPath("README.md")
CHANGELOG_NAME = PurePosixPath("CHANGELOG.md")


def select_folders(root: Path, names: Sequence[str] = (), kind: Kind | None = None) -> list[ExtensionFolder]:
    """The extension folders with these names (all, when none are given) and of this kind.

    Raises:
        UsageError: a name is in no folder; the message names the nearest ones.
    """
    folders = [folder for folder in extension_folders(root) if kind in {None, folder.kind}]
    known = {folder.name for folder in folders}
    for name in names:
        if name not in known:
            raise _unknown(name, kind, sorted(known))
    return [folder for folder in folders if not names or folder.name in names]


def read_extensions(root: Path, folders: Sequence[ExtensionFolder]) -> Iterator[Extension]:
    """The extensions in `folders`, one at a time."""
    for folder in folders:
        yield read_extension(root, folder)


def read_extension(root: Path, folder: ExtensionFolder) -> Extension:
    """Everything that is to be known about one extension folder."""
    if folder.is_link and leads_outside(root, folder.path):
        message = f"{folder.directory} is a link that leads out of the workspace."
        finding = codes.OUTSIDE_WORKSPACE.at(folder.directory, message, hint="Move the folder here.")
        return Extension(folder.name, folder.kind, folder.directory, {}, (finding,))
    content = listing(root, folder)
    reader = _Reader(folder, content)
    source = reader.source()
    extension = Extension(
        name=folder.name,
        kind=folder.kind,
        directory=folder.directory,
        files=content.files,
        findings=(*content.findings, *reader.findings),
        kamiwaza=source,
        readme=reader.prose(README_NAME),
        changelog=reader.prose(CHANGELOG_NAME),
    )
    findings = picture_findings(folder, extension)
    return replace(extension, findings=(*extension.findings, *findings)) if findings else extension


class _Reader:
    """Reads the files of one folder and gathers the findings on the way."""

    def __init__(self, folder: ExtensionFolder, content: Listing) -> None:
        self.folder = folder
        self.content = content
        self.findings: list[Finding] = []

    def source(self) -> KamiwazaSource | None:
        """The manifest with its compose files; None when there is no readable manifest."""
        document = self.manifest_document()
        if document is None:
            return None
        reading = read_manifest(document.data, document.path, self.folder.name)
        self.findings += reading.findings
        development = self.first(compose.DEVELOPMENT_NAMES)
        source = KamiwazaSource(
            manifest=reading.manifest,
            manifest_document=document,
            development=development,
            deployment=self.deployment(development),
            included=self.included(development.data if development else None),
        )
        sections = tuple(self.build_sections(source))
        dockerfiles = self.texts(section.dockerfile for section in sections)
        configured = self.texts(self.configurations(sections, dockerfiles))
        return replace(source, dockerfiles=dockerfiles, configurations=configured)

    def manifest_document(self) -> SourceDocument | None:
        name = self.folder.directory / MANIFEST_NAME
        if MANIFEST_NAME not in self.content.top:
            message = f"{self.folder.directory} has no {MANIFEST_NAME}, so nobody knows what it is."
            hint = f"Write {name}, or move the folder away."
            self.findings.append(codes.FILE_MISSING.at(name, message, hint=hint))
            return None
        if PurePosixPath(MANIFEST_NAME) in self.content.outside:
            return None
        return self.taken(read_document(self.folder.path / MANIFEST_NAME, name, read_json))

    def first(self, names: Sequence[str]) -> SourceDocument | None:
        """The first of these compose files that is there."""
        for name in names:
            if name in self.content.top:
                return self.compose_file(PurePosixPath(name))
        return None

    def deployment(self, development: SourceDocument | None) -> SourceDocument | None:
        """The App Garden file; if it is generated from `development` it is not parsed: text is enough.

        An empty one is then as if it were missing: nobody wrote it, but a power failure may leave it.
        """
        name = PurePosixPath(compose.DEPLOYMENT_NAME)
        if name.name not in self.content.top or (development and self.content.files.get(name) == 0):
            return None
        return self.compose_file(name, _handwritten_data if development else read_yaml)

    def compose_file(
        self, name: PurePosixPath, parse: Callable[[str], Any] = read_yaml
    ) -> SourceDocument | None:
        if name in self.content.outside:
            return None
        return self.taken(read_document(self.folder.path / name, self.folder.directory / name, parse))

    def included(self, data: object) -> Mapping[PurePosixPath, SourceDocument]:
        """The compose files that this one leads to, in turn; the transform reports those that are missing."""
        found: dict[PurePosixPath, SourceDocument] = {}
        waiting = list(compose.referenced_files(data))
        while waiting:
            name = waiting.pop()
            if name in found or name not in self.content.files:
                continue
            document = self.compose_file(name)
            if document is not None:
                found[name] = document
                waiting += compose.referenced_files(document.data, name.parent)
        return found

    def build_sections(self, source: KamiwazaSource) -> Iterator[BuildSection]:
        """How the services of the compose file, and of those that it leads to, are built."""
        folder = self.folder
        extension = Extension(folder.name, folder.kind, folder.directory, self.content.files, (), source)
        resolved = {"services": resolved_services(extension)}
        yield from (section for _, section in compose.build_sections(resolved))
        for path, document in source.included.items():
            yield from (section for _, section in compose.build_sections(document.data, path.parent))

    def configurations(
        self, sections: Sequence[BuildSection], dockerfiles: Mapping[PurePosixPath, str]
    ) -> Iterator[PurePosixPath]:
        """The files that Dockerfiles copy to where nginx reads its configuration."""
        for section in sections:
            text = section.inline or dockerfiles.get(section.dockerfile, "")
            if "nginx" in text:
                yield from configurations(text, section, self.content.files)

    def texts(self, names: Iterable[PurePosixPath]) -> Mapping[PurePosixPath, str]:
        """The text of those of these files that are there."""
        documents = {name: self.prose(name) for name in dict.fromkeys(names)}
        return {name: document.text for name, document in documents.items() if document is not None}

    def prose(self, name: PurePosixPath) -> SourceDocument | None:
        if name not in self.content.files:
            return None
        return read_prose(self.folder.path / name, self.folder.directory / name)

    def taken(self, reading: Reading) -> SourceDocument | None:
        self.findings += reading.findings
        return reading.document


def _handwritten_data(text: str) -> Any:
    return {} if is_generated(text) else read_yaml(text)


def _unknown(name: str, kind: Kind | None, known: list[str]) -> UsageError:
    import difflib  # noqa: PLC0415  # only on the way out

    what = f"{kind.value} " if kind else "extension "
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else "List them with: catalog list"
    return UsageError(f"There is no {what}called {name!r} in this workspace.", hint)
