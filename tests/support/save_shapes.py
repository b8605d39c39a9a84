"""The archives that `docker save` writes, one generator for each generation of engines.

In: images by reference. Out: the archive's bytes, without compression of the whole. The shapes:

- `20.10`: a folder `<v1 id>/` with `layer.tar` for each step of an image's chain, before `manifest.json`; a
  layer that stands in a second chain is a symlink to the first.
- `podman`: `<diff id>.tar` for each layer, with symlinks to it where `20.10` has `layer.tar`.
- `25`: an OCI layout beside `manifest.json`, both right; uncompressed layers under their diff IDs.
- `25.0.0`: the same, but the OCI manifests name no layers; only `manifest.json` is right.
- `containerd`: gzip layers under the digests of their compressed bytes, `index.json` with nested indexes
  that name attestation manifests too.
- `containerd-zstd`: the same with zstd layers.
- `gap`: as `containerd`, but the blob of the layer that most images share is missing (moby#49473).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.fake_image import FakeImage, canonical, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Compress = Callable[[bytes], tuple[bytes, str]]
    """Bytes in; the compressed bytes out, with their media type."""

SHAPES = ("20.10", "podman", "25", "25.0.0", "containerd", "containerd-zstd", "gap")
OCI = "application/vnd.oci.image"
ATTESTATION = canonical({"_type": "https://in-toto.io/Statement/v0.1", "subject": []})
ATTESTATION_TYPE = "application/vnd.in-toto+json"

Images = dict[str, FakeImage]
"""Images by their full reference, in the order asked for."""


@dataclass(frozen=True)
class Link:
    """A member that is a symlink to `target`, relative to its own folder."""

    target: str


Members = dict[str, "bytes | Link | None"]
"""Contents by member name; None is a folder."""


def archive(images: Images, shape: str = "20.10", corrupt: str | None = None) -> bytes:
    """The whole archive; one bit is flipped in the first member whose name contains `corrupt`."""
    members = _SHAPES[shape](images)
    if corrupt is not None:
        _flip_a_bit(members, corrupt)
    return _tar(members)


def familiar(ref: str) -> str:
    """The name as Docker shows it: `docker.io/library/nginx:alpine` is `nginx:alpine`."""
    return ref.removeprefix("docker.io/").removeprefix("library/")


def image_id(image: FakeImage, shape: str) -> str:
    """What an engine that writes this shape calls the image: its config, or in containerd its index."""
    if shape not in _COMPRESS:
        return image.config_digest
    return digest(_nested_index(image, {}, _COMPRESS[shape]))


def _classic(images: Images) -> Members:
    members: Members = {}
    first_path: dict[str, str] = {}
    entries = []
    for config, (image, refs) in _grouped(images).items():
        paths = _classic_layers(image, members, first_path)
        members[f"{_hex(config)}.json"] = image.config_bytes
        tags = [familiar(ref) for ref in refs]
        entries.append({"Config": f"{_hex(config)}.json", "RepoTags": tags, "Layers": paths})
    members["manifest.json"] = canonical(entries) + b"\n"
    members["repositories"] = canonical({})
    return members


def _classic_layers(image: FakeImage, members: Members, first_path: dict[str, str]) -> list[str]:
    parent, paths = "", []
    for position, (diff_id, content) in enumerate(zip(image.diff_ids, image.layers, strict=True), 1):
        is_top = position == len(image.layers)
        name = parent + diff_id + (image.config_digest if is_top else "")
        v1_id = hashlib.sha256(name.encode()).hexdigest()
        path = f"{v1_id}/layer.tar"
        members[f"{v1_id}/"] = None
        members[f"{v1_id}/VERSION"] = b"1.0"
        members[f"{v1_id}/json"] = canonical({"id": v1_id, "parent": parent} if parent else {"id": v1_id})
        first = first_path.setdefault(diff_id, path)
        members[path] = content if first == path else Link(f"../{first}")
        parent = v1_id
        paths.append(path)
    return paths


def _podman(images: Images) -> Members:
    members: Members = {}
    entries = []
    for config, (image, refs) in _grouped(images).items():
        parent, paths = "", []
        for diff_id, content in zip(image.diff_ids, image.layers, strict=True):
            path = f"{_hex(diff_id)}.tar"
            parent = hashlib.sha256((parent + diff_id).encode()).hexdigest()
            members[path] = content
            members[f"{parent}/layer.tar"] = Link(f"../{path}")
            paths.append(path)
        members[f"{_hex(config)}.json"] = image.config_bytes
        # podman writes names in full
        entries.append({"Config": f"{_hex(config)}.json", "RepoTags": refs, "Layers": paths})
    members["manifest.json"] = canonical(entries)
    return members


def _version_25(images: Images, *, names_layers: bool = True) -> Members:
    blobs: dict[str, bytes] = {}
    manifests, entries = [], []
    for image, refs in _grouped(images).values():
        layers = [_blob(blobs, content, f"{OCI}.layer.v1.tar") for content in image.layers]
        manifest = _manifest(image, layers if names_layers else [], blobs)
        manifests += [manifest | {"annotations": _names(ref)} for ref in refs]
        entry = _docker_entry(image, refs, layers)
        entries.append(entry | {"LayerSources": {found["digest"]: found for found in layers}})
    return _layout(blobs, manifests, entries)


def _version_25_0_0(images: Images) -> Members:
    return _version_25(images, names_layers=False)


def _containerd(images: Images, shape: str = "containerd") -> Members:
    blobs: dict[str, bytes] = {}
    manifests, entries = [], []
    for image, refs in _grouped(images).values():
        index = _nested_index(image, blobs, _COMPRESS[shape])
        found = _blob(blobs, index, f"{OCI}.index.v1+json")
        manifests += [found | {"annotations": _names(ref)} for ref in refs]
        layers = [_blob({}, *_COMPRESS[shape](content)) for content in image.layers]
        entries.append(_docker_entry(image, refs, layers))
    return _layout(blobs, manifests, entries)


def _containerd_zstd(images: Images) -> Members:
    return _containerd(images, "containerd-zstd")


def _gap(images: Images) -> Members:
    members = _containerd(images)
    counts: dict[bytes, int] = {}
    for image in images.values():
        for content in image.layers:
            counts[content] = counts.get(content, 0) + 1
    shared = max(counts, key=lambda content: counts[content])
    del members[_path(digest(_gzip(shared)[0]))]
    return members


def _nested_index(image: FakeImage, blobs: dict[str, bytes], compress: Compress) -> bytes:
    layers = [_blob(blobs, *compress(content)) for content in image.layers]
    manifest = _manifest(image, layers, blobs)
    platform: dict[str, str] = {"architecture": image.architecture, "os": "linux"}
    if image.variant:
        platform["variant"] = image.variant
    attestation = _attestation(manifest["digest"], blobs)
    return canonical(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.index.v1+json",
            "manifests": [manifest | {"platform": platform}, attestation],
        }
    )


def _attestation(subject: str, blobs: dict[str, bytes]) -> dict[str, Any]:
    config = FakeImage((), architecture="unknown")
    statement = _blob(blobs, ATTESTATION, ATTESTATION_TYPE)
    annotations = {
        "vnd.docker.reference.digest": subject,
        "vnd.docker.reference.type": "attestation-manifest",
    }
    platform = {"architecture": "unknown", "os": "unknown"}
    return _manifest(config, [statement], blobs) | {"annotations": annotations, "platform": platform}


def _manifest(image: FakeImage, layers: list[dict[str, Any]], blobs: dict[str, bytes]) -> dict[str, Any]:
    config = _blob(blobs, image.config_bytes, f"{OCI}.config.v1+json")
    media_type = f"{OCI}.manifest.v1+json"
    document = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}
    return _blob(blobs, canonical(document), media_type)


def _layout(
    blobs: dict[str, bytes], manifests: list[dict[str, Any]], entries: list[dict[str, Any]]
) -> Members:
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": manifests}
    files: Members = {"blobs/": None, "blobs/sha256/": None}
    files |= {_path(name): content for name, content in blobs.items()}
    files["index.json"] = canonical(index)
    files["manifest.json"] = canonical(entries)
    files["oci-layout"] = canonical({"imageLayoutVersion": "1.0.0"})
    return files


def _docker_entry(image: FakeImage, refs: list[str], layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Config": _path(image.config_digest),
        "RepoTags": [familiar(ref) for ref in refs],
        "Layers": [_path(found["digest"]) for found in layers],
    }


def _grouped(images: Images) -> dict[str, tuple[FakeImage, list[str]]]:
    """One entry an image, with its names; sorted by digest, since engines do not keep the order asked for."""
    groups: dict[str, tuple[FakeImage, list[str]]] = {}
    for ref, image in sorted(images.items(), key=lambda item: (item[1].config_digest, item[0])):
        groups.setdefault(image.config_digest, (image, []))[1].append(ref)
    return groups


def _names(ref: str) -> dict[str, str]:
    return {"io.containerd.image.name": ref, "org.opencontainers.image.ref.name": ref.rpartition(":")[2]}


def _blob(blobs: dict[str, bytes], content: bytes, media_type: str) -> dict[str, Any]:
    found = digest(content)
    blobs[found] = content
    return {"mediaType": media_type, "digest": found, "size": len(content)}


def _gzip(content: bytes) -> tuple[bytes, str]:
    return gzip.compress(content, compresslevel=6, mtime=0), f"{OCI}.layer.v1.tar+gzip"


def _zstd(content: bytes) -> tuple[bytes, str]:
    """A frame of stored blocks (RFC 8878), which every decoder takes; no encoder is needed for it."""
    frame = bytearray(struct.pack("<IBQ", 0xFD2FB528, 0b1110_0000, len(content)))
    blocks = [content[start : start + 131_072] for start in range(0, len(content), 131_072)] or [b""]
    for position, block in enumerate(blocks, 1):
        frame += (len(block) << 3 | (position == len(blocks))).to_bytes(3, "little") + block
    return bytes(frame), f"{OCI}.layer.v1.tar+zstd"


_COMPRESS: Mapping[str, Compress] = {
    "containerd": _gzip,
    "gap": _gzip,
    "containerd-zstd": _zstd,
}
_SHAPES: Mapping[str, Callable[[Images], Members]] = {
    "20.10": _classic,
    "podman": _podman,
    "25": _version_25,
    "25.0.0": _version_25_0_0,
    "containerd": _containerd,
    "containerd-zstd": _containerd_zstd,
    "gap": _gap,
}


def _path(found: str) -> str:
    return f"blobs/sha256/{_hex(found)}"


def _hex(found: str) -> str:
    return found.removeprefix("sha256:")


def _flip_a_bit(members: Members, corrupt: str) -> None:
    name = next(name for name, content in sorted(members.items()) if corrupt in name and content)
    content = members[name]
    assert isinstance(content, bytes)
    middle = len(content) // 2
    members[name] = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _tar(members: Members) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(members):
            content = members[name]
            member = tarfile.TarInfo(name)
            if isinstance(content, Link):
                member.type, member.linkname = tarfile.SYMTYPE, content.target
            elif content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return buffer.getvalue()
