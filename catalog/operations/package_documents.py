"""The documents about a bundle that travel in it: lists of packages, and where everything is from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog import __version__
from catalog.bundle.manifest import utc
from catalog.bundle.packed import PackedFile
from catalog.bundle.provenance import ProvenanceFacts, provenance, sources_digest
from catalog.bundle.sbom import BUNDLE_DOCUMENT, SbomOptions, bundle_sbom, image_path, image_sbom
from catalog.registry.layout import PROVENANCE
from catalog.workspace.extensions import select_folders
from catalog.workspace.folders import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.bundle.assemble import BundleFacts, ImagePart
    from catalog.operations.package_contents import PackageInputs
    from catalog.operations.package_request import PackageRequest
    from catalog.operations.progress import Progress

_LABEL = "Reading package lists"


def documents(
    inputs: PackageInputs,
    facts: BundleFacts,
    images: ImagePart,
    tree: Sequence[PackedFile],
    progress: Progress,
) -> Iterator[PackedFile]:
    """The documents; `tree` are the files of registry and website.

    Raises:
        IntegrityError: a stored layer is damaged.
        MissingError: a file cannot be read or written, or syft fails.
    """
    if inputs.request.sbom and images.rows:
        yield from _package_lists(inputs, facts, images, progress)
    yield PackedFile.of(str(PROVENANCE), provenance(_provenance_facts(inputs, facts, images, tree)))


def _package_lists(
    inputs: PackageInputs, facts: BundleFacts, images: ImagePart, progress: Progress
) -> Iterator[PackedFile]:
    options = SbomOptions(inputs.cache.folder, utc(facts.epoch), __version__, inputs.request.syft)
    stored = [inputs.stored[row.ref] for row in images.rows]
    progress.advance(_LABEL, 0, len(stored))
    options.source().prepare(stored)
    contents = {}
    for done, (row, image) in enumerate(zip(images.rows, stored, strict=True), 1):
        contents[row.index] = image_sbom(row, image, options)
        yield PackedFile.of(image_path(row), contents[row.index])
        progress.advance(_LABEL, done, len(stored))
    joined = bundle_sbom(facts.extensions, images.rows, contents, options.created, __version__)
    yield PackedFile.of(BUNDLE_DOCUMENT, joined)


def _provenance_facts(
    inputs: PackageInputs, facts: BundleFacts, images: ImagePart, tree: Sequence[PackedFile]
) -> ProvenanceFacts:
    request = inputs.request
    catalogs = {
        str(path) for version in request.versions for path in (version.garden.apps, version.garden.tools)
    }
    return ProvenanceFacts(
        created=utc(facts.epoch),
        tool_version=__version__,
        codec=facts.codec,
        engine=inputs.engine,
        asked=_asked(request),
        catalogs={file.path: file.sha256 for file in tree if file.path in catalogs},
        images=images.rows,
        source=inputs.source,
        sources=_sources(inputs),
    )


def _asked(request: PackageRequest) -> dict[str, Any]:
    """What decides on the content of a bundle, not where it goes or who signs it."""
    return {
        "stage": request.stage.value if request.stage else None,
        "versions": [version.value for version in request.versions],
        "names": list(request.names),
        "platform": request.platform,
        "images": request.images,
        "sbom": request.sbom,
    }


def _sources(inputs: PackageInputs) -> dict[str, str]:
    """The digest of each extension's files."""
    root = inputs.workspace.root
    names = [extension.name for extension in inputs.extensions]
    return {
        folder.name: sources_digest(
            {name: root / folder.directory / name for name in listing(root, folder).files}
        )
        for folder in select_folders(root, names)
    }
