"""Looks into an image archive of an older bundle: its digest, and what its documents say of the image."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.bundle.archive_reader import ArchiveReader
from catalog.bundle.image_config import MAX_JSON, ImageConfig, parse_json
from catalog.engine.engine import LocalImage
from catalog.errors import IntegrityError
from catalog.registry.image_names import in_full

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

_DOCUMENT = re.compile(r"[0-9a-f]{64}\.json|manifest\.json|blobs/sha256/[0-9a-f]{64}")
_MANIFEST = "manifest.json"
_MAX_DOCUMENTS = 64 << 20
_HINT = "Have the bundle made again with the template, or pack the images anew: catalog package"


class OldArchive(Struct, frozen=True):
    """An image archive: SHA-256 as 64 hexadecimal digits, bytes, and its JSON documents by member name."""

    sha256: str
    size: int
    documents: Mapping[str, bytes]


class HashedStream:
    """Content whose digest is taken as it is read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.digest = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""
        chunk = self._content.read(size)
        self.digest.update(chunk)
        return chunk


def look_into(content: IO[bytes], size: int, name: str) -> OldArchive:
    """Read an archive of `size` bytes to its end; `name` is its path, for messages.

    Raises:
        IntegrityError: it is no image archive, is cut off or damaged.
    """
    stream = HashedStream(content)
    reader = ArchiveReader(stream, f"The archive {name}")
    documents: dict[str, bytes] = {}
    for member in reader:
        if member.target is None and member.size <= MAX_JSON and _DOCUMENT.fullmatch(member.name):
            document = reader.read(member.size)
            if document[:1] in {b"{", b"["}:
                documents[member.name] = document
        if sum(map(len, documents.values())) > _MAX_DOCUMENTS:
            raise reader.refuse("has more documents than an image has")
    return OldArchive(stream.digest.hexdigest(), size, documents)


def image_in(archive: OldArchive, ref: str, name: str) -> LocalImage:
    """The image that the archive's `manifest.json` calls `ref`, as an engine would describe it.

    Raises:
        IntegrityError: it holds another image, or its documents make no sense.
    """
    content = archive.documents.get(_MANIFEST)
    entries = parse_json(content, f"{_MANIFEST} in {name}") if content else None
    if not isinstance(entries, list):
        raise _refused(name, f"has no {_MANIFEST}")
    tags = {id(entry): _tags(entry, name) for entry in entries}
    fitting = [entry for entry in entries if in_full(ref) in tags[id(entry)]]
    if not fitting and len(entries) == 1 and not tags[id(entries[0])]:
        fitting = entries  # saved by digest, which leaves no name
    if len(fitting) != 1:
        held = ", ".join(sorted(set().union(*tags.values()))) or "nothing with a name"
        raise _refused(name, f"should hold {ref}, and holds {held}")
    config = archive.documents.get(str(fitting[0].get("Config")))
    if config is None:
        raise _refused(name, f"has no config of {ref}")
    facts = ImageConfig.parse(config, f"The config of {ref} in {name}")
    image_id = f"sha256:{hashlib.sha256(config).hexdigest()}"
    return LocalImage(ref, image_id, facts.platform, facts.diff_ids, archive.size)


def _tags(entry: Any, name: str) -> frozenset[str]:
    tags = (entry.get("RepoTags") or []) if isinstance(entry, dict) else None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise _refused(name, f"has a {_MANIFEST} in an unknown form")
    return frozenset(map(in_full, tags))


def _refused(name: str, why: str) -> IntegrityError:
    return IntegrityError(f"The archive {name} {why}.", _HINT)
