"""Sorts what an engine's archive holds: layers into the cache, documents into memory, the rest only hashed.

It knows the archives of Docker before 25 (`<v1 id>/layer.tar`, `<config>.json`), since 25
(`blobs/sha256/<digest>`), with the containerd store (the same, with compressed layers) and of podman
(`<diff id>.tar`).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from catalog.bundle.image_config import MAX_JSON
from catalog.bundle.layer_unpack import Rejoined, is_packed, unpacked

if TYPE_CHECKING:
    from catalog.bundle.archive_reader import ArchiveReader, Member
    from catalog.bundle.layer_intake import LayerIntake, RawLayer
    from catalog.engine.engine import ByteStream

MANIFEST = "manifest.json"
INDEX = "index.json"
BLOB = "blobs/sha256/"
_HEX = "[0-9a-f]{64}"
_KINDS = {
    "blob": re.compile(rf"{BLOB}(?P<hex>{_HEX})"),
    "named layer": re.compile(rf"(?P<hex>{_HEX})\.tar"),
    "layer": re.compile(rf"{_HEX}/layer\.tar"),
    "document": re.compile(rf"{_HEX}\.json|manifest\.json|index\.json"),
    "unread": re.compile(rf"{_HEX}/(?:VERSION|json)|repositories|oci-layout"),
}
_TELLING = (b'"rootfs"', b'"manifests"', b'"layers"')  # a config, an index, a manifest; attestations are not
_MAX_DOCUMENTS = 64 * 1024 * 1024
_PART = 1024 * 1024
_MAX_LINKS = 16


class ArchiveContents(Struct):
    """What was in an archive, by member name: documents, layers as they came, and what links stand for."""

    documents: dict[str, bytes] = field(default_factory=dict)
    layers: dict[str, RawLayer] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def resolve(self, name: str) -> str:
        """The member that `name` stands for; a chain of links that does not end is its own last link."""
        for _ in range(_MAX_LINKS):
            name = self.links.get(name, name)
        return name


def take_in(reader: ArchiveReader, intake: LayerIntake) -> ArchiveContents:
    """Read the archive to its end; every byte of a layer or a blob is hashed.

    Raises:
        IntegrityError: it is cut off or damaged, or holds what no such archive does.
        MissingError: the engine failed, or the disk refuses.
    """
    contents = ArchiveContents()
    for member in reader:
        kind, stem = _kind(member.name)
        if kind is None:
            raise reader.refuse(f"has {member.name!r}, which no such archive has")
        if member.target is not None:
            contents.links[member.name] = member.target
        elif kind == "blob":
            _take_blob(reader, member, f"sha256:{stem}", intake, contents)
        elif kind == "layer":
            contents.layers[member.name] = intake.take(reader, member.size)
        elif kind == "named layer":
            contents.layers[member.name] = intake.take(reader, member.size, f"sha256:{stem}")
        elif kind == "document":
            _keep(reader, member, _whole(reader, member, reader), contents)
    return contents


def _kind(name: str) -> tuple[str | None, str]:
    for kind, pattern in _KINDS.items():
        if match := pattern.fullmatch(name):
            return kind, match.groupdict().get("hex", "")
    return None, ""


def _take_blob(
    reader: ArchiveReader, member: Member, digest: str, intake: LayerIntake, contents: ArchiveContents
) -> None:
    """Take a blob in; its name must be the digest of its bytes."""
    if intake.is_wanted(digest):  # the bytes that a diff ID stands for are not compressed
        raw: RawLayer | None = (taken := intake.take(reader, member.size, digest))
        found = taken.diff_id
    else:
        stream = _Hashing(reader)
        head = stream.read(4)
        raw = _packed_layer(stream, head, digest, intake)
        if raw is None and head.startswith(b"{") and member.size <= MAX_JSON:
            document = _whole(reader, member, Rejoined(head, stream))
            if any(word in document for word in _TELLING):
                _keep(reader, member, document, contents)
        found = stream.finish()
    if found != digest:
        raise reader.refuse(f"has a blob {digest} whose content is {found}")
    if raw is not None:
        contents.layers[member.name] = raw
        if raw.diff_id != digest:
            intake.remember(digest, raw)


def _packed_layer(stream: _Hashing, head: bytes, digest: str, intake: LayerIntake) -> RawLayer | None:
    """The layer in a compressed blob; None when it is none."""
    if not is_packed(head):
        return None
    return intake.made_from(digest) or intake.take(unpacked(stream, head))


def _whole(reader: ArchiveReader, member: Member, stream: ByteStream) -> bytes:
    if member.size > MAX_JSON:
        raise reader.refuse(f"has {member.name!r} with more than {MAX_JSON:,} bytes")
    return b"".join(iter(lambda: stream.read(_PART), b""))


def _keep(reader: ArchiveReader, member: Member, document: bytes, contents: ArchiveContents) -> None:
    contents.documents[member.name] = document
    if sum(map(len, contents.documents.values())) > _MAX_DOCUMENTS:
        raise reader.refuse(f"has more than {_MAX_DOCUMENTS:,} bytes of configs and manifests")


class _Hashing:
    """A stream that notes the digest of what is read from it."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        part = self._stream.read(size)
        self._sha256.update(part)
        return part

    def finish(self) -> str:
        """The digest of everything, the part included that nobody asked for."""
        while self.read(_PART):
            pass
        return f"sha256:{self._sha256.hexdigest()}"
