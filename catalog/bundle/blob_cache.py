"""The cache of an image's parts, which makes the second bundle quick.

Blobs lie under the digest of their content. A record says which blob is a layer, compressed by which codec;
it gets its name after the blob has, so an entry is whole or not there. Looking up changes nothing until
`join` says that a run begins; from then on what is looked up counts as used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.bundle import cache_care
from catalog.bundle.cache_care import BLOBS, CacheInfo
from catalog.bundle.cache_lease import Lease, locked
from catalog.bundle.image_config import MAX_JSON, ImageConfig
from catalog.bundle.layer_codec import LayerCodec
from catalog.bundle.output import disk_errors
from catalog.bundle.packed import Blob, Layer
from catalog.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta
    from typing import BinaryIO

    from catalog.bundle.cache_care import BytesDone
    from catalog.bundle.layer_codec import PackedLayer

__all__ = ["BlobCache", "CacheInfo"]

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_CODEC = LayerCodec()


def _silent(_label: str, _done: int, _total: int | None) -> None:
    return None


class BlobCache:
    """Configs, OCI manifests and compressed layers in `folder`, which need not exist."""

    def __init__(self, folder: Path, codec: LayerCodec = _CODEC) -> None:
        self.folder = folder
        self.codec = codec
        self._lease: Lease | None = None
        self._joining = threading.Lock()

    def join(self) -> Path:
        """Begin a run: what it looks up or adds from now on stays while this object lives.

        Returns:
            The folder for its drafts.

        Raises:
            MissingError: the cache cannot be written.
        """
        with self._joining, disk_errors(self.folder):
            self._lease = self._lease or Lease(self.folder)
            return self._lease.place

    def layer(self, diff_id: str) -> Layer | None:
        """The layer with this digest of its unpacked tar, when it is there whole."""
        record = _read_record(self._layer_record(diff_id))
        try:
            blob = self._blob(str(record["blob"]), int(record["size"]))
            is_own = record["diff_id"] == diff_id
            return Layer(diff_id, int(record["raw_size"]), blob) if blob and is_own else None
        except (KeyError, TypeError, ValueError):
            return None

    def layer_from(self, source: str) -> Layer | None:
        """The layer that was made from the compressed blob with the digest `source`, when it is there."""
        return self.layer(str(_read_record(self._source_record(source)).get("diff_id", "")))

    def config(self, digest: str) -> Blob | None:
        """The small blob with this digest, when its content is what that says."""
        path = self._path(digest)
        with suppress(OSError):
            if path.stat().st_size <= MAX_JSON and _digest(path.read_bytes()) == digest:
                return self._blob(digest, path.stat().st_size)
        return None

    def config_of(self, image_id: str) -> Blob | None:
        """The config of the image that an engine calls `image_id`, for some not the config's digest."""
        named = _read_record(self._image_record(image_id)).get("blob", "")
        for digest in (image_id, str(named)):
            blob = self.config(digest)
            if blob and _is_config(blob):
                return blob
        return None

    def put_bytes(self, content: bytes) -> Blob:
        """Keep a config or an OCI manifest.

        Raises:
            MissingError: the disk refuses.
        """
        digest = _digest(content)
        known = self.config(digest) if len(content) <= MAX_JSON else None
        if known:
            return known
        with self.draft() as file:
            file.write(content)
            return self._settle(file, digest, len(content))

    @contextmanager
    def draft(self) -> Iterator[BinaryIO]:
        """A new file that is gone after the block, unless it was kept as a layer.

        Raises:
            MissingError: the disk refuses, here or in the block.
        """
        place = self.join()
        with disk_errors(self.folder), (place / secrets.token_hex(8)).open("xb") as file:
            try:
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)

    def keep_layer(self, draft: BinaryIO, packed: PackedLayer, diff_id: str, raw_size: int) -> Layer:
        """Keep what was written into `draft` as a layer; the caller has hashed what it was made from.

        Raises:
            MissingError: the disk refuses.
        """
        blob = self._settle(draft, f"sha256:{packed.sha256}", packed.size)
        record = {"diff_id": diff_id, "raw_size": raw_size, "blob": blob.digest, "size": blob.size}
        self._write_record(self._layer_record(diff_id), record)
        return Layer(diff_id, raw_size, blob)

    def remember_source(self, source: str, layer: Layer) -> None:
        """Note which compressed blob a layer was made from; the caller has hashed both.

        Raises:
            MissingError: the disk refuses.
        """
        record = {"blob": layer.blob.digest, "diff_id": layer.diff_id}
        self._write_record(self._source_record(source), record)

    def remember_image(self, image_id: str, config: Blob) -> None:
        """Note which config an image has whose ID is another digest; the caller has followed the digests.

        Raises:
            MissingError: the disk refuses.
        """
        self._write_record(self._image_record(image_id), {"blob": config.digest})

    def info(self) -> CacheInfo:
        """What the cache holds: blobs, bytes, oldest and newest use."""
        return cache_care.info(self.folder)

    def prune(self, older_than: timedelta | None) -> CacheInfo:
        """Remove what was not used for `older_than` (None: everything); what a running program used stays.

        Returns:
            What was removed.

        Raises:
            MissingError: a file cannot be removed.
        """
        return cache_care.prune(self.folder, older_than)

    def verify(self, progress: BytesDone = _silent, layers: Iterable[Layer] | None = None) -> tuple[str, ...]:
        """Hash the blobs of `layers` (None: all blobs) again; what is corrupt is removed, to be made again.

        Returns:
            The digests of what was removed.

        Raises:
            MissingError: a file can be neither read nor removed.
        """
        chosen = None if layers is None else {layer.blob.path for layer in layers}
        paths = cache_care.blob_paths(self.folder) if chosen is None else sorted(chosen)
        bad = cache_care.corrupt(paths, progress)
        cache_care.remove(self.folder, bad)
        return tuple(f"sha256:{path.name}" for path in bad)

    def _blob(self, digest: str, size: int) -> Blob | None:
        """The blob if it has this size; a truncated one is as good as none."""
        path = self._path(digest)
        try:
            with locked(self.folder, alone=False):
                status = path.lstat()
                if self._lease:
                    with suppress(OSError):  # a cache that can only be read is a cache too
                        os.utime(path)
        except OSError:
            return None
        return Blob(digest, size, path) if stat.S_ISREG(status.st_mode) and status.st_size == size else None

    def _settle(self, draft: BinaryIO, digest: str, size: int) -> Blob:
        path = self._path(digest)
        with disk_errors(self.folder):
            draft.flush()
            os.fdatasync(draft.fileno())  # a name must not outlive a power cut that its content did not
            os.fchmod(draft.fileno(), 0o644)
            path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.folder, alone=False):
                os.utime(draft.fileno())  # used now, not when the first byte came
                Path(draft.name).replace(path)
        return Blob(digest, size, path)

    def _write_record(self, path: Path, record: dict[str, Any]) -> None:
        with self.draft() as file:
            file.write(json.dumps(record).encode())
            file.flush()
            path.parent.mkdir(parents=True, exist_ok=True)
            Path(file.name).replace(path)

    def _path(self, digest: str) -> Path:
        return self.folder / BLOBS / _hex(digest)

    def _layer_record(self, diff_id: str) -> Path:
        return self.folder / "layers" / self.codec.key / f"{_hex(diff_id)}.json"

    def _source_record(self, source: str) -> Path:
        return self.folder / "sources" / f"{_hex(source)}.json"

    def _image_record(self, image_id: str) -> Path:
        return self.folder / "images" / f"{_hex(image_id)}.json"


def _hex(digest: str) -> str:
    found = _DIGEST.fullmatch(digest)
    return found[1] if found else "unknown"  # a name that no blob has


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _is_config(blob: Blob) -> bool:
    try:
        ImageConfig.parse(blob.path.read_bytes(), "the cache")
    except (OSError, IntegrityError):
        return False
    return True


def _read_record(path: Path) -> dict[str, Any]:
    """A record; one that cannot be read counts as none."""
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
