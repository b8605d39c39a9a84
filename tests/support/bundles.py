"""Small bundles with everything in them: scripts, catalogs and two images that share a layer."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from catalog.bundle.assemble import (
    BundleFacts,
    ImagePart,
    NamedImage,
    image_part,
    make_manifest,
    manifest_file,
)
from catalog.bundle.keys import key_id, load_private_key
from catalog.bundle.layer_codec import LayerCodec
from catalog.bundle.manifest import BundledExtension
from catalog.bundle.packed import Blob, Layer, PackedFile, StoredImage
from catalog.bundle.sidecar import to_line
from catalog.bundle.signing import sign
from catalog.bundle.tar_writer import bundle_sums, write_bundle
from catalog.operations.progress import Silence
from catalog.registry.layout import HELPER_FILES, REGISTRY_ROOT, SUMS, SUMS_SIGNATURE
from catalog.workspace.assets import shipped
from tests.support.fake_image import FakeImage, digest, layer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from catalog.bundle.manifest import BundleManifest

EPOCH = 1_795_244_739
"""2026-11-21T07:05:39Z."""
NAME = "kamiwaza-registry-20261121-070539.tar.gz"
GARDEN = "garden/default"
WEB = "docker.io/kamiwazaai/notes-web:v1.0.0"
DB = "docker.io/library/postgres:15-alpine"
NOTHING: Mapping[str, bytes] = MappingProxyType({})
_BASE = layer({"etc/os-release": b"ID=debian\n", "base": b"base" * 500})
_IMAGES = {
    WEB: FakeImage((_BASE, layer({"web": b"w" * 3000}))),
    DB: FakeImage((_BASE, layer({"db": b"d" * 2000}))),
}


def small_bundle(
    folder: Path, *, key: Path | None = None, epoch: int = EPOCH, extra: Mapping[str, bytes] = NOTHING
) -> Path:
    """A whole bundle in `folder`, with its `.sha256` and, if there is a private `key`, signed twice.

    Args:
        folder: where it goes; the name is always the same.
        key: a private key without a passphrase.
        epoch: the bundle's time in seconds.
        extra: more files by their paths, or others in place of the usual ones.
    """
    secret = load_private_key(key, None) if key else None
    files = bundle_files(key_id(secret.public_key()) if secret else None, epoch, extra)
    listed = bundle_sums(files)
    head = [PackedFile.of(str(SUMS), listed)]
    if secret:
        head.append(PackedFile.of(str(SUMS_SIGNATURE), sign(secret, hashlib.sha256(listed).digest())))
    bundle = folder / NAME
    whole = write_bundle(bundle, [*head, *files], epoch, Silence().transferred)
    bundle.with_name(f"{NAME}.sha256").write_bytes(to_line(whole, NAME))
    if secret:
        bundle.with_name(f"{NAME}.sig").write_bytes(sign(secret, bytes.fromhex(whole)))
    return bundle


def bundle_files(
    signer: str | None = None, epoch: int = EPOCH, extra: Mapping[str, bytes] = NOTHING
) -> list[PackedFile]:
    """Every file of the bundle but SHA256SUMS and its signature; `signer` is the key's id."""
    images, contents = _images()
    scripts = shipped("bundle")
    plain = {
        **{name: (scripts / name).read_bytes() for name in HELPER_FILES},
        **_catalogs(),
        **{file.path: contents[file.path] for file in images.files},
        **extra,
    }
    files = [PackedFile.of(path, content) for path, content in plain.items()]
    return [manifest_file(_manifest(images, files, signer, epoch)), *files]


def crafted_bundle(folder: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """A bundle whose digests all fit, after `change` did something to its files; nobody signed it."""
    files = {file.path: file.content for file in bundle_files() if isinstance(file.content, bytes)}
    change(files)
    packed = [PackedFile.of(path, content) for path, content in files.items()]
    packed.append(PackedFile.of(str(SUMS), bundle_sums(packed)))
    write_bundle(folder / NAME, packed, EPOCH, Silence().transferred)
    return folder / NAME


def unpacked(bundle: Path, folder: Path) -> Path:
    """The bundle's top directory, unpacked below `folder`."""
    with tarfile.open(bundle) as tar:
        tar.extractall(folder, filter="fully_trusted")  # noqa: S202  our own, and its modes count
    return folder / REGISTRY_ROOT


def _catalogs() -> dict[str, bytes]:
    entry = {
        "name": "notes",
        "version": "1.0.0",
        "description": "Keeps notes.",
        "compose_yml": "services:\n  web:\n    image: kamiwazaai/notes-web:v1.0.0\n"
        "  db:\n    image: postgres:15-alpine\n",
        "image": {},
    }
    apps = f"{json.dumps([entry], indent=2)}\n"
    relocated = apps.replace("kamiwazaai/", "@REGISTRY@/docker.io/kamiwazaai/").replace(
        "postgres:", "@REGISTRY@/docker.io/library/postgres:"
    )
    return {
        "index.html": b"<!doctype html><title>Registry</title>\n",
        f"{GARDEN}/apps.json": apps.encode(),
        f"{GARDEN}/tools.json": b"[]\n",
        f"relocate/{GARDEN}/apps.json.in": relocated.encode(),
        f"relocate/{GARDEN}/tools.json.in": b"[]\n",
    }


def _images() -> tuple[ImagePart, dict[str, bytes]]:
    """The images, and the content of each of their files by its path."""
    known: dict[str, bytes] = {}

    def keep(content: bytes) -> Blob:
        known[digest(content)] = content
        return Blob(digest(content), len(content), Path(digest(content)))

    named = [
        NamedImage(ref, ref.removeprefix("docker.io/").removeprefix("library/"), stored, ("notes",))
        for ref, stored in ((ref, _stored(image, keep)) for ref, image in _IMAGES.items())
    ]
    part = image_part(named, GARDEN, keep)
    contents = {
        file.path: file.content if isinstance(file.content, bytes) else known[str(file.content)]
        for file in part.files
    }
    return part, contents


def _stored(image: FakeImage, keep: Callable[[bytes], Blob]) -> StoredImage:
    layers = tuple(Layer(digest(raw), len(raw), keep(LayerCodec().compress(raw))) for raw in image.layers)
    return StoredImage(image.platform, keep(image.config_bytes), layers)


def _manifest(
    images: ImagePart, files: Sequence[PackedFile], signer: str | None, epoch: int
) -> BundleManifest:
    facts = BundleFacts(
        epoch=epoch,
        platform="linux/amd64",
        codec=LayerCodec().as_manifest(),
        stage=None,
        garden=(GARDEN,),
        signer=signer,
        extensions=(BundledExtension(name="notes", kind="app", version="1.0.0", images=tuple(_IMAGES)),),
    )
    return make_manifest(facts, images, files)
