"""Finds the packages of an image in the databases that its package managers keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.packages_image import packages_of
from catalog.bundle.packages_layer import scan_layers
from catalog.bundle.packages_purl import purl_of
from catalog.bundle.sbom_source import Inventory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from catalog.bundle.cyclonedx import Component
    from catalog.bundle.manifest import BundledImage
    from catalog.bundle.packages_image import ImagePackages
    from catalog.bundle.packages_value import Package, System
    from catalog.bundle.packed import StoredImage

METHOD = "package databases of the layers"
COMPLETE = (
    "no: only what dpkg, apk, rpm (in SQLite), Python (dist-info, egg-info) and npm (node_modules) record is "
    "listed, not programs that were copied or compiled in, not what Go, Rust or Java programs are linked "
    "with; syft was not used"
)


class PackageDatabases(Struct, frozen=True):
    """The source that needs no other program; it keeps what it found in `cache_folder`, by layer."""

    cache_folder: Path

    def prepare(self, images: Sequence[StoredImage]) -> None:
        """Scan every layer once, however many images have it; errors as SbomSource has them."""
        layers = {layer.diff_id: layer for image in images for layer in image.layers}
        for _ in scan_layers(layers.values(), self.cache_folder):
            pass  # the records are what counts

    def inventory(self, image: BundledImage, stored: StoredImage) -> Inventory:  # noqa: ARG002
        """The packages of one image; errors as SbomSource has them."""
        found = packages_of(list(scan_layers(stored.layers, self.cache_folder)))
        return Inventory(METHOD, COMPLETE, _components(found), found.gaps)


def _components(found: ImagePackages) -> list[Component]:
    components: dict[str, Component] = {}
    paths: dict[str, set[str]] = {}
    for package, places in found.packages.items():
        component = _component(package, found.system)
        ref = component["bom-ref"]
        components.setdefault(ref, component)
        paths.setdefault(ref, set()).update(places)
    for ref, component in components.items():
        component["evidence"] = {"occurrences": [{"location": f"/{path}"} for path in sorted(paths[ref])]}
    return [*components.values(), *([_system(found.system)] if found.system else [])]


def _component(package: Package, system: System | None) -> Component:
    purl = purl_of(package, system)
    version = {"version": package.version} if package.version else {}
    ref = purl or f"{package.kind}:{package.name}@{package.version}"
    return {
        "bom-ref": ref,
        "type": "library",
        "name": package.name,
        **version,
        **({"purl": purl} if purl else {}),
    }


def _system(system: System) -> Component:
    component = {
        "bom-ref": f"os:{system.id}@{system.version}",
        "type": "operating-system",
        "name": system.id,
        "version": system.version,
        "description": system.title,
    }
    return {key: value for key, value in component.items() if value}
