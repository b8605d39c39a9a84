"""What tells which packages an image holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.bundle.cyclonedx import Component
    from catalog.bundle.manifest import BundledImage
    from catalog.bundle.packed import StoredImage


class Inventory(Struct, frozen=True):
    """The packages of an image, and how they were found.

    `method` names the way, `complete` says what it does not cover, `gaps` what it failed to read in this very
    image, `components` are CycloneDX components that need `dependencies` of one another, `tools` the programs
    that were used beside this one.
    """

    method: str
    complete: str
    components: Sequence[Component]
    gaps: tuple[str, ...] = ()
    dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tools: tuple[Component, ...] = ()


class SbomSource(Protocol):
    """Looks into images."""

    def prepare(self, images: Sequence[StoredImage]) -> None:
        """Do beforehand, on all cores, what the images have in common; errors as `inventory`."""

    def inventory(self, image: BundledImage, stored: StoredImage) -> Inventory:
        """The packages of one image.

        Raises:
            IntegrityError: a stored layer is damaged.
            MissingError: a file cannot be read or written, or a program fails.
        """
