"""Makes a new bundle out of an old one and a delta: the very bytes that a full packing would have written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.bundle.contents import read_contents
from catalog.bundle.delta_reader import open_delta, refused
from catalog.bundle.early_sync import EarlySync
from catalog.bundle.file_name import bundle_name
from catalog.bundle.gathered_write import write_pieces
from catalog.bundle.open_bundle import open_bundle
from catalog.bundle.output import read_errors, settle, staging
from catalog.bundle.seal import checked
from catalog.bundle.sidecar import file_digest
from catalog.bundle.space import require_space
from catalog.bundle.stored_gzip import StoredGzip
from catalog.bundle.tar_writer import END, canonical_order, directories, header, mode_of
from catalog.bundle.verdict import Policy, RefusedError
from catalog.errors import ConflictError, IntegrityError
from catalog.model.file_tree import EXECUTABLE
from catalog.registry.layout import BUNDLE_MANIFEST, SUMS, SUMS_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from catalog.bundle.bundle_diff import BundleContents
    from catalog.bundle.delta_note import WholeBundle
    from catalog.bundle.delta_reader import Delta
    from catalog.bundle.manifest import BundleManifest
    from catalog.bundle.open_bundle import OpenBundle
    from catalog.bundle.progress import Transferred
    from catalog.bundle.seal import Head, Seal

_SECTOR = 512
_LABEL = "Making the bundle"
_ANY = Policy(allow_unchecked=True)


class Applied(Struct, frozen=True):
    """The bundle that was made: its file, manifest, digest and size; not `is_written` if it was there."""

    path: Path
    manifest: BundleManifest
    whole: WholeBundle
    is_written: bool = False


class _Source(Struct, frozen=True):
    """Where the content of a file comes from, and what it must be."""

    bundle: OpenBundle
    path: str
    sha256: str
    size: int

    def chunks(self) -> Iterator[bytes]:
        """The content; its end is reached only if it is what it must be."""
        digest = hashlib.sha256()
        for chunk in self.bundle.chunks(self.path):
            digest.update(chunk)
            yield chunk
        if digest.hexdigest() != self.sha256:
            raise IntegrityError(
                f"{self.bundle.path} is damaged: its {self.path} is not what it was signed as.",
                f"Copy it again; see what else is wrong: catalog bundle verify {self.bundle.path}",
            )


def apply_delta(old: Path, delta: Path, out: Path, progress: Transferred, policy: Policy = _ANY) -> Applied:
    """Make the new bundle in the folder `out`, under its own name; `old` is a tarball or an unpacked folder.

    The new bundle's signature is checked first, as the policy asks. Every content is checked on its way,
    and the whole at the end; only then it appears.

    Raises:
        UsageError: `delta` is a whole bundle, or `old` is a delta.
        ConflictError: `old` is not the bundle that the delta builds on, or another file has the name.
        MissingError: a file cannot be read, or `out` has no room or cannot be written.
        IntegrityError: `delta` or `old` is damaged, or the policy refuses it.
    """
    with open_delta(delta) as new, open_bundle(old) as base:
        seal = _sealed(new, policy)
        before = read_contents(base)
        _require_base(old, before, new)
        sources = _sources(new, seal.digests, base, before)
        result = Applied(out / bundle_name(seal.manifest.sequence), seal.manifest, new.note.result)
        if result.path.exists():
            _require_equal(result)
            return result
        require_space({out: result.whole.size})
        with staging(out, result.path.name) as place:
            draft = place / result.path.name
            _write(draft, _tar(new, sources, progress), new)
            settle(draft, result.path)
    return replace(result, is_written=True)


def _sealed(new: Delta, policy: Policy) -> Seal:
    try:
        return checked(new.head, policy)
    except RefusedError as error:
        raise refused(new.tar.path, str(error)) from None


def _require_base(old: Path, before: BundleContents, new: Delta) -> None:
    wanted, given = new.note.base, before.manifest
    if before.sums != wanted.sums:
        raise ConflictError(
            f"{new.tar.path.name} builds on the bundle of {wanted.created} (sequence {wanted.sequence}); "
            f"{old} is that of {given.created} (sequence {given.sequence}).",
            f"Name the bundle whose SHA256SUMS has the digest {wanted.sums}.",
        )


def _sources(
    new: Delta, digests: Mapping[str, str], base: OpenBundle, before: BundleContents
) -> dict[str, _Source]:
    """Where the content of every listed file but bundle.json comes from, by its path in the new bundle."""
    had = {fact.sha256: (path, fact.size) for path, fact in before.files.items()}
    sources = {}
    for path, digest in digests.items():
        if path == str(BUNDLE_MANIFEST):
            continue
        if digest in new.carried:
            carried = new.carried[digest]
            sources[path] = _Source(new.tar, carried, digest, new.tar.members[carried].size)
        elif digest in had:
            sources[path] = _Source(base, had[digest][0], digest, had[digest][1])
        else:
            raise refused(new.tar.path, f"neither it nor the old bundle has {path}")
    return sources


def _tar(new: Delta, sources: Mapping[str, _Source], progress: Transferred) -> Iterator[bytes]:
    """The tar of the new bundle, in pieces."""
    epoch = new.manifest.sequence
    head = _head_files(new.head)
    done = 0
    for name, path in directories(canonical_order([*head, *sources])):
        if name != path:
            yield header(name, 0, EXECUTABLE, epoch)
            continue
        source = sources.get(path)
        size = source.size if source else len(head[path])
        yield header(path, size, mode_of(path), epoch)
        for chunk in source.chunks() if source else (head[path],):
            yield chunk
            done += len(chunk)
            progress(_LABEL, done, new.note.result.size)
        yield bytes(-size % _SECTOR)
    yield END


def _head_files(head: Head) -> dict[str, bytes]:
    files = {str(BUNDLE_MANIFEST): head.manifest, str(SUMS): head.sums}
    return files if head.signature is None else {**files, str(SUMS_SIGNATURE): head.signature}


def _write(draft: Path, pieces: Iterator[bytes], new: Delta) -> None:
    """Pack the pieces, never more than the delta says that there are."""
    digest = hashlib.sha256()
    size = 0
    with draft.open("wb", buffering=0) as file, EarlySync(file.fileno()) as disk:

        def put(contents: Sequence[Buffer]) -> None:
            nonlocal size
            for content in contents:
                size += memoryview(content).nbytes
                digest.update(content)
            if size > new.note.result.size:
                raise refused(new.tar.path, "its bundle is larger than it says")
            disk.wrote(write_pieces(file.fileno(), contents))

        gzip = StoredGzip(put)
        for piece in pieces:
            gzip.write(piece)
        gzip.close()
    if (f"sha256:{digest.hexdigest()}", size) != (new.note.result.sha256, new.note.result.size):
        raise refused(new.tar.path, "what comes of it is not the bundle that it was made for")


def _require_equal(result: Applied) -> None:
    with read_errors(result.path):
        is_same = f"sha256:{file_digest(result.path)}" == result.whole.sha256
    if not is_same:
        raise ConflictError(
            f"{result.path} is there already, and is another file.",
            "Move it away, or choose another folder with --out.",
        )
