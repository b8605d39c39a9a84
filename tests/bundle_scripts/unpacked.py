"""Unpacked bundles of a few small images, made by the product's own code, and an engine of a few lines."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.bundle import keys
from catalog.bundle.assemble import BundleFacts, NamedImage, image_part, make_manifest, manifest_file
from catalog.bundle.manifest import BundledExtension, Codec
from catalog.bundle.packed import Blob, Layer, PackedFile, StoredImage
from catalog.bundle.signing import sign
from catalog.bundle.tar_writer import bundle_sums, mode_of
from catalog.registry.image_names import qualified, relocated
from catalog.registry.layout import HELPER_FILES
from tests.bundle_scripts.server_process import BUNDLE
from tests.support.fake_image import FakeImage, layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

EPOCH = 1_763_708_739
BASE = layer({"etc/os-release": b"base\n" * 2000})
IMAGES = {
    "nginx:alpine": ("notes", FakeImage((BASE, layer({"nginx": b"n" * 40000})))),
    "acme/notes:1.2": ("notes", FakeImage((BASE, layer({"notes": b"o" * 400})))),
    "registry.example:5000/team/search:7": ("search", FakeImage((BASE, layer({"search": b"s" * 9000})))),
}
PICTURES = {"default": "app-garden-images", "v2": "images", "v3": "images"}


@dataclass(frozen=True)
class Made:
    """An unpacked bundle: its folder, and the digests of its images by reference in full."""

    root: Path
    config: Mapping[str, str]
    manifest: Mapping[str, str]


def new_key(folder: Path, name: str = "release.key") -> Path:
    """A private key; its public half lies beside it as `NAME.pub`."""
    folder.mkdir(parents=True, exist_ok=True)
    keys.new_key(folder / name, None)
    return folder / name


def unpacked_bundle(
    root: Path,
    key: Path | None = None,
    epoch: int = EPOCH,
    images: Mapping[str, tuple[str, FakeImage]] | None = None,
    garden: str = "default",
) -> Made:
    """A bundle as it lies after unpacking; `images` maps references to the extension and the image."""
    images = IMAGES if images is None else images
    blobs = root.with_name(f"{root.name}-blobs")
    blobs.mkdir(parents=True)
    named = [
        NamedImage(qualified(ref), ref, _stored(image, blobs), (owner,))
        for ref, (owner, image) in images.items()
    ]
    part = image_part(named, f"garden/{garden}", lambda content: _blob(content, blobs))
    owners: dict[str, list[str]] = {"plain": []}
    for image in named:
        owners.setdefault(image.extensions[0], []).append(image.ref)
    facts = BundleFacts(
        epoch=epoch,
        platform="linux/amd64" if images else "",
        codec=Codec(name="isal", level=1, version="1"),
        stage=None,
        garden=(f"garden/{garden}",),
        signer=keys.key_id(keys.load_private_key(key, None).public_key()) if key else None,
        extensions=tuple(
            BundledExtension(name=name, kind="app", version="1.0.0", images=tuple(refs))
            for name, refs in sorted(owners.items())
        ),
    )
    files = [*_registry(owners, garden), *part.files]
    _write(root, [*files, manifest_file(make_manifest(facts, part, files))], key)
    shutil.rmtree(blobs)
    return Made(
        root,
        {row.ref: row.config for row in part.rows},
        {row.ref: row.manifest for row in part.rows},
    )


def seal_again(root: Path, key: Path | None = None) -> None:
    """List every file again as it is now, and sign the list, as a forger does who has a key or needs none."""
    head = {"SHA256SUMS", "SHA256SUMS.sig"}
    files = [path for path in root.rglob("*") if path.is_file() and path.name not in head]
    packed = [PackedFile.of(str(path.relative_to(root)), path.read_bytes()) for path in files]
    _seal(root, packed, key)


def _write(root: Path, files: Sequence[PackedFile], key: Path | None) -> None:
    for file in files:
        target = root / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        content = file.content
        target.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        target.chmod(mode_of(file.path))
    _seal(root, files, key)


def _seal(root: Path, files: Sequence[PackedFile], key: Path | None) -> None:
    listed = bundle_sums(files)
    (root / "SHA256SUMS").write_bytes(listed)
    if key:
        private = keys.load_private_key(key, None)
        (root / "SHA256SUMS.sig").write_bytes(sign(private, hashlib.sha256(listed).digest()))


def _registry(owners: Mapping[str, Sequence[str]], garden: str) -> list[PackedFile]:
    folder = f"garden/{garden}"
    apps = [_entry(name, refs) for name, refs in sorted(owners.items())]
    moved = [_entry(name, [relocated(ref) for ref in refs]) for name, refs in sorted(owners.items())]
    return [
        *(PackedFile.of(name, (BUNDLE / name).read_bytes()) for name in HELPER_FILES),
        PackedFile.of("index.html", b"<!doctype html>\n"),
        PackedFile.of(f"{folder}/apps.json", _json(apps)),
        PackedFile.of(f"{folder}/tools.json", _json([])),
        PackedFile.of(f"{folder}/{PICTURES[garden]}/notes.png", b"\x89PNG @REGISTRY@"),
        PackedFile.of(f"relocate/{folder}/apps.json.in", _json(moved)),
        PackedFile.of(f"relocate/{folder}/tools.json.in", _json([])),
    ]


def _entry(name: str, refs: Sequence[str]) -> dict[str, object]:
    """An entry with all that makes a catalog hard to take apart: nesting, brackets and quotes in texts."""
    compose = "".join(f"services:\n  a:\n    image: '{ref}'\n    tty: \"[{{,\"\n" for ref in refs)
    return {
        "name": name,
        "template_type": "app",
        "images": list(refs),
        "compose_yml": compose,
        "env_defaults": {"A": "}]", "N": {"B": [1, -2.5, True, None, "\\"]}},
    }


def _json(document: object) -> bytes:
    return f"{json.dumps(document, indent=2)}\n".encode()


def _stored(image: FakeImage, folder: Path) -> StoredImage:
    layers = tuple(
        Layer(diff_id, len(raw), _blob(gzip.compress(raw, 1, mtime=0), folder))
        for diff_id, raw in zip(image.diff_ids, image.layers, strict=True)
    )
    return StoredImage(image.platform, _blob(image.config_bytes, folder), layers)


def _blob(content: bytes, folder: Path) -> Blob:
    digest = hashlib.sha256(content).hexdigest()
    (folder / digest).write_bytes(content)
    return Blob(f"sha256:{digest}", len(content), folder / digest)
