"""A plan whose images are stored -> every file of the bundle, and its manifest."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.bundle.assemble import BundleFacts, NamedImage, image_part, make_manifest, manifest_file
from catalog.bundle.manifest import BundledExtension
from catalog.bundle.readme import README, filled_readme
from catalog.operations.package_documents import documents
from catalog.operations.tree import SiteSources, registry_tree, relocation_tree, site_tree
from catalog.registry.image_names import qualified
from catalog.registry.registry import Registry
from catalog.workspace.history import read_history

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from catalog.bundle.assemble import ImagePart
    from catalog.bundle.blob_cache import BlobCache
    from catalog.bundle.manifest import BundleManifest, MissingImage
    from catalog.bundle.packed import PackedFile, StoredImage
    from catalog.bundle.spool import Spool
    from catalog.engine.engine import EngineInfo
    from catalog.model.file_tree import TreeFile
    from catalog.operations.package_plan import PackagePlan
    from catalog.operations.package_request import PackageRequest
    from catalog.operations.prepare import Prepared
    from catalog.operations.progress import Progress
    from catalog.workspace.source_state import SourceState
    from catalog.workspace.workspace import Workspace


class PackageInputs(Struct, frozen=True):
    """All that a bundle is made from; `signer` is a key id, `engine` None when no image goes in."""

    workspace: Workspace
    request: PackageRequest
    plan: PackagePlan
    extensions: Sequence[Prepared]
    stored: Mapping[str, StoredImage]
    missing: tuple[MissingImage, ...]
    cache: BlobCache
    signer: str | None
    engine: EngineInfo | None
    source: SourceState

    def facts(self) -> BundleFacts:
        """What the bundle says of itself."""
        request = self.request
        return BundleFacts(
            epoch=self.plan.epoch,
            platform=self.plan.platform,
            codec=self.cache.codec.as_manifest(),
            stage=request.stage.value if request.stage else None,
            garden=tuple(str(version.garden.folder) for version in request.versions),
            signer=self.signer,
            extensions=self._bundled_extensions(),
            missing=self.missing,
        )

    def images(self) -> list[NamedImage]:
        """The images that go in."""
        return [
            NamedImage(image.full, image.named, self.stored[image.full], image.extensions)
            for image in self.plan.needed
            if image.full in self.stored
        ]

    def _bundled_extensions(self) -> tuple[BundledExtension, ...]:
        by_name = {one.name: one for one in self.extensions}
        registry = Registry.of(one.entries[self.request.versions[0]] for one in self.extensions)
        return tuple(
            BundledExtension(
                name=entry.name,
                kind=entry.kind.value,
                version=str(entry.data["version"]),
                images=_full_names(by_name[entry.name]) if self.request.images else (),
            )
            for entry in registry.entries
        )


class Contents(Struct, frozen=True):
    """The manifest, the images, and every file but SHA256SUMS and its signature."""

    manifest: BundleManifest
    images: ImagePart
    files: tuple[PackedFile, ...]


def contents(inputs: PackageInputs, spool: Spool, progress: Progress) -> Contents:
    """Everything that goes in, each file with its digest.

    Raises:
        MissingError: a file cannot be read or kept, or the skin's theme does not build.
    """
    facts = inputs.facts()
    images = image_part(inputs.images(), facts.garden[0], inputs.cache.put_bytes)
    readme = filled_readme(facts, images)
    tree = [spool.take(_with_readme(file, readme)) for file in _tree(inputs, progress)]
    files = [*tree, *images.files, *documents(inputs, facts, images, tree, progress)]
    manifest = make_manifest(facts, images, files)
    return Contents(manifest, images, (manifest_file(manifest), *files))


def _tree(inputs: PackageInputs, progress: Progress) -> Iterator[TreeFile]:
    request = inputs.request
    yield from registry_tree(inputs.extensions, request.versions)
    yield from relocation_tree(inputs.extensions, request.versions)
    history = read_history(inputs.workspace.root)
    site = SiteSources(inputs.extensions, request.versions[0], history)
    yield from site_tree(site, inputs.workspace, progress)


def _with_readme(file: TreeFile, readme: bytes) -> TreeFile:
    return replace(file, content=readme) if file.path == PurePosixPath(README) else file


def _full_names(extension: Prepared) -> tuple[str, ...]:
    return tuple(sorted({qualified(use.ref) for use in extension.uses}))
