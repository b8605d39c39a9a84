"""What engines read of one image: its OCI manifest, and the four files of its folder `images/<n>`.

The forms are those of the OCI image specification 1.0 and of `docker save`; one image stands in each folder,
since podman takes no more from an OCI archive and then keeps the manifest's digest.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.registry.layout import BLOBS

if TYPE_CHECKING:
    from catalog.bundle.packed import Blob, StoredImage

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}\n'


class ImageFolder(Struct, frozen=True):
    """The content of `images/<n>/`, by file name."""

    oci_layout: bytes
    index: bytes
    manifest: bytes
    members: bytes

    def files(self) -> dict[str, bytes]:
        """The files by name."""
        return {
            "oci-layout": self.oci_layout,
            "index.json": self.index,
            "manifest.json": self.manifest,
            "members": self.members,
        }


def oci_manifest(image: StoredImage) -> bytes:
    """The OCI manifest of an image, always the same bytes for the same image."""
    return _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, image.config.digest, image.config.size),
            "layers": [_descriptor(LAYER_TYPE, layer.blob.digest, layer.blob.size) for layer in image.layers],
        }
    )


def image_folder(number: int, ref: str, image: StoredImage, manifest: Blob) -> ImageFolder:
    """The folder of the image `ref` (in full) whose OCI manifest is the blob `manifest`."""
    blobs = list(dict.fromkeys([image.config.digest, manifest.digest, *_layer_digests(image)]))
    names = ("oci-layout", "index.json", "manifest.json")
    members = [f"images/{number}/{name}" for name in names] + [blob_path(digest) for digest in blobs]
    docker = [
        {
            "Config": blob_path(image.config.digest),
            "RepoTags": [ref],
            "Layers": [blob_path(digest) for digest in _layer_digests(image)],
        }
    ]
    text = "".join(f"{member}\n" for member in members)
    return ImageFolder(LAYOUT, _index(ref, image, manifest), _json(docker), text.encode())


def blob_path(digest: str) -> str:
    """Where the blob lies, relative to `docker-images`."""
    return str(BLOBS / digest.removeprefix("sha256:"))


def _index(ref: str, image: StoredImage, manifest: Blob) -> bytes:
    system, architecture, *variant = image.platform.split("/")
    platform = {"architecture": architecture, "os": system} | ({"variant": variant[0]} if variant else {})
    descriptor = _descriptor(MANIFEST_TYPE, manifest.digest, manifest.size) | {
        "annotations": {"io.containerd.image.name": ref, "org.opencontainers.image.ref.name": ref},
        "platform": platform,
    }
    return _json({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [descriptor]})


def _layer_digests(image: StoredImage) -> list[str]:
    return [layer.blob.digest for layer in image.layers]


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest, "size": size}


def _json(value: Any) -> bytes:
    return f"{json.dumps(value, separators=(',', ':'))}\n".encode()
