"""The documents about a bundle that travel in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.bundle.assemble import BundleFacts, ImagePart
    from catalog.bundle.packed import PackedFile
    from catalog.operations.package_contents import PackageInputs
    from catalog.operations.progress import Progress


def documents(
    inputs: PackageInputs,
    facts: BundleFacts,
    images: ImagePart,
    tree: Sequence[PackedFile],
    progress: Progress,
) -> list[PackedFile]:
    """Package lists and provenance."""
    del inputs, facts, images, tree, progress
    return []
