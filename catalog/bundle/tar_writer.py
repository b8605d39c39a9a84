"""Writes a bundle: a GNU tar in a fixed order with fixed headers, in stored gzip blocks.

Same files, same time, same bytes; the form is that of docs/reference/bundle-format.md.
"""

from __future__ import annotations

import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from catalog.bundle import sums
from catalog.bundle.background_hash import BackgroundHash
from catalog.bundle.early_sync import EarlySync
from catalog.bundle.gathered_write import write_pieces
from catalog.bundle.output import disk_errors, open_regular, read_errors, settle, staging
from catalog.bundle.stored_gzip import StoredGzip
from catalog.errors import IntegrityError
from catalog.model.file_tree import EXECUTABLE, PLAIN
from catalog.registry.layout import (
    BLOBS,
    BUNDLE_HEAD,
    EXECUTABLE_HELPERS,
    IMAGES,
    REGISTRY_ROOT,
    SUMS,
    SUMS_SIGNATURE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from catalog.bundle.packed import PackedFile
    from catalog.bundle.progress import Transferred

_SECTOR = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
END = bytes(2 * _SECTOR)
"""What a tar ends with."""
_HEAD = [str(path) for path in BUNDLE_HEAD]
_BLOB_FOLDER = f"/{IMAGES / BLOBS}/"
_LABEL = "Writing the bundle"


def bundle_sums(files: Iterable[PackedFile]) -> bytes:
    """SHA256SUMS of these files; itself and its signature are never listed."""
    never = {str(SUMS), str(SUMS_SIGNATURE)}
    return sums.to_text({file.path: file.sha256 for file in files if file.path not in never})


def canonical_order(paths: Iterable[str]) -> list[str]:
    """The paths as their files stand in a bundle: the head, the small files, the blobs."""
    return sorted(paths, key=_place)


def header(path: str, size: int, mode: int, epoch: int) -> bytes:
    """The tar header of one member; a `path` that ends in `/` is a directory's.

    `path` is relative to the top directory and may be empty for that directory itself.
    """
    member = tarfile.TarInfo(f"{REGISTRY_ROOT}/{path}".rstrip("/"))
    member.type = tarfile.DIRTYPE if path.endswith("/") or not path else tarfile.REGTYPE
    member.size, member.mode, member.mtime = size, mode, epoch
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def mode_of(path: str) -> int:
    """The permission bits of a file; programs can be run."""
    return EXECUTABLE if path in EXECUTABLE_HELPERS else PLAIN


def directories(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path in order, after the directories (with `/`) that were not there before: (path, its own)."""
    seen: set[str] = set()
    for path in paths:
        for folder in reversed(PurePosixPath(path).parents):
            name = "" if str(folder) == "." else f"{folder}/"
            if name not in seen:
                seen.add(name)
                yield name, path
        yield path, path


def write_bundle(target: Path, files: Sequence[PackedFile], epoch: int, progress: Transferred) -> str:
    """Write the bundle of `files` to `target`, whole or not at all; SHA-256 of the file, in hexadecimal.

    Args:
        target: where it goes; what is there is replaced at the end.
        files: every file, bundle.json and SHA256SUMS among them, in any order.
        epoch: the time of every member, in seconds.
        progress: is told the bytes of content that are through.

    Raises:
        IntegrityError: a file is not what its record says.
        MissingError: a file cannot be read, or the disk refuses.
    """
    with staging(target.parent, target.name) as place:
        draft = place / target.name
        with disk_errors(target), draft.open("wb", buffering=0) as file:
            digest = _write(file, files, epoch, progress)
        settle(draft, target)
    return digest


def _write(file: BinaryIO, files: Sequence[PackedFile], epoch: int, progress: Transferred) -> str:
    with BackgroundHash() as digest, EarlySync(file.fileno()) as disk:

        def put(pieces: Sequence[Buffer]) -> None:
            for piece in pieces:
                digest.add(piece)
            disk.wrote(write_pieces(file.fileno(), pieces))

        gzip = StoredGzip(put)
        for chunk in tar_chunks(files, epoch, progress):
            gzip.write(chunk)
        gzip.close()
        return digest.finish()


def tar_chunks(files: Sequence[PackedFile], epoch: int, progress: Transferred) -> Iterator[bytes]:
    """The tar of a bundle, in pieces; see `write_bundle`."""
    by_path = {file.path: file for file in files}
    total = sum(file.size for file in files)
    done = 0
    for name, path in directories(canonical_order(by_path)):
        if name != path:
            yield header(name, 0, EXECUTABLE, epoch)
            continue
        file = by_path[path]
        yield header(path, file.size, mode_of(path), epoch)
        for chunk in _content(file):
            yield chunk
            done += len(chunk)
            progress(_LABEL, done, total)
        yield bytes(-file.size % _SECTOR)
    yield END


def _content(file: PackedFile) -> Iterator[bytes]:
    if isinstance(file.content, bytes):
        yield file.content
        return
    size = 0
    with read_errors(file.content), open_regular(file.content) as source:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            yield chunk
    if size != file.size:
        raise IntegrityError(
            f"{file.content} has {size:,} bytes instead of {file.size:,}.",
            "Check the cache: catalog package --verify-cache",
        )


def _place(path: str) -> tuple[int, bytes]:
    if path in _HEAD:
        return _HEAD.index(path), b""
    return len(_HEAD) + (_BLOB_FOLDER in f"/{path}"), path.encode()
