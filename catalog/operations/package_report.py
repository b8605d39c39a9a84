"""What a bundle weighs, by extension and by layer that several share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.operations.package_request import ExtensionSize, SharedLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.bundle.assemble import NamedImage
    from catalog.bundle.packed import Blob


def extension_sizes(images: Sequence[NamedImage]) -> tuple[ExtensionSize, ...]:
    """What each extension needs in layers and configs, the heaviest first."""
    users = _users(images)
    sizes = []
    for name in sorted({name for image in images for name in image.extensions}):
        own = [blob for blob, names in users.values() if name in names]
        sizes.append(
            ExtensionSize(
                name=name,
                images=sum(name in image.extensions for image in images),
                bytes=sum(blob.size for blob in own),
                own_bytes=sum(blob.size for blob in own if users[blob.digest][1] == {name}),
            )
        )
    return tuple(sorted(sizes, key=lambda size: (-size.bytes, size.name)))


def shared_layers(images: Sequence[NamedImage]) -> tuple[SharedLayer, ...]:
    """The layers that several extensions need, the heaviest first."""
    shared = [
        SharedLayer(digest=digest, bytes=blob.size, extensions=tuple(sorted(names)))
        for digest, (blob, names) in _users(images).items()
        if len(names) > 1
    ]
    return tuple(sorted(shared, key=lambda layer: (-layer.bytes, layer.digest)))


def _users(images: Sequence[NamedImage]) -> dict[str, tuple[Blob, set[str]]]:
    """Every blob of the images, with the extensions that need it, by digest."""
    users: dict[str, tuple[Blob, set[str]]] = {}
    for image in images:
        for blob in (image.stored.config, *(layer.blob for layer in image.stored.layers)):
            users.setdefault(blob.digest, (blob, set()))[1].update(image.extensions)
    return users
