"""Verifies a delta on its own: whom it is from, whether it is whole, and what it builds on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from catalog.bundle.delta_reader import open_delta
from catalog.bundle.manifest import MAX_BYTES, BundleManifest
from catalog.bundle.outer_check import OuterCheck
from catalog.bundle.output import open_regular, read_errors
from catalog.bundle.seal import checked
from catalog.bundle.stored_gzip import StoredGzip
from catalog.bundle.stored_tar import open_stored
from catalog.bundle.tar_writer import END, canonical_order, directories, header, mode_of
from catalog.bundle.verdict import Problem, RefusedError, Verdict, Verification, judged
from catalog.errors import CatalogError, IntegrityError
from catalog.model.file_tree import EXECUTABLE
from catalog.registry.layout import BUNDLE_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from typing_extensions import Buffer

    from catalog.bundle.delta_reader import Delta
    from catalog.bundle.progress import Transferred
    from catalog.bundle.verdict import Policy

_SECTOR = 512
_LABEL = "Verifying the delta"


def is_delta(path: Path) -> bool:
    """Whether the tarball at `path` says that it is a delta; what cannot be read is none."""
    try:
        with open_stored(path) as tar:
            content = tar.content(str(BUNDLE_MANIFEST), MAX_BYTES)
            return BundleManifest.from_bytes(content).base is not None
    except CatalogError:
        return False


def verify_delta(path: Path, policy: Policy, progress: Transferred) -> Verification:
    """What can be said of the delta at `path`; its `manifest` names what it builds on as `base`.

    The signature is the new bundle's own, so contents that come from the old bundle are vouched for as well,
    and are checked when the delta is applied.

    Raises:
        MissingError: it cannot be read.
        UsageError: it is no delta, or the policy's key is no key.
    """
    try:
        with open_delta(path) as delta, OuterCheck(path, policy) as outer:
            seal = checked(delta.head, policy)
            problems = (*_contents(delta), *_spelling(delta, outer, progress), *outer.problems())
            size = sum(member.size for member in delta.tar.members.values())
            return judged(seal.verdict, policy, problems, delta.manifest, (len(delta.tar.members), size))
    except RefusedError as refused:
        problem = refused.problem
    except IntegrityError as error:
        problem = Problem(Verdict.BAD_FORM, "", error.message)
    return Verification(problem.verdict, accepted=False, problems=(problem,))


def _contents(delta: Delta) -> Iterator[Problem]:
    for sha256, path in delta.carried.items():
        digest = hashlib.sha256()
        for chunk in delta.tar.chunks(path):
            digest.update(chunk)
        if digest.hexdigest() != sha256:
            yield Problem(Verdict.CHANGED, path, "it is not what SHA256SUMS says")


def _spelling(delta: Delta, outer: OuterCheck, progress: Transferred) -> Iterator[Problem]:
    """Pack what the delta holds once more, and compare every byte: headers, padding and check sum too."""
    with read_errors(delta.tar.path), open_regular(delta.tar.path) as file:
        comparison = _Comparison(file, outer, progress)
        gzip = StoredGzip(comparison.put)
        for piece in _tar(delta):
            gzip.write(piece)
        gzip.close()
        if not comparison.finish():
            yield Problem(Verdict.BAD_FORM, "", "it is not packed as a delta is")


class _Comparison:
    """Holds what it is given against a file."""

    def __init__(self, file: BinaryIO, outer: OuterCheck, progress: Transferred) -> None:
        self._file = file
        self._outer = outer
        self._progress = progress
        self._done = 0
        self._is_same = True

    def put(self, contents: Sequence[Buffer]) -> None:
        """The next bytes that the file should have."""
        for content in contents:
            self._is_same = self._next(memoryview(content).nbytes) == content and self._is_same

    def finish(self) -> bool:
        """Whether all was the same, and the file ends here."""
        is_end = True
        while self._next(1 << 20):
            is_end = False
        return self._is_same and is_end

    def _next(self, size: int) -> bytes:
        pieces = []
        while size and (piece := self._file.read(size)):
            self._outer.add(piece)
            pieces.append(piece)
            size -= len(piece)
        content = b"".join(pieces)
        self._done += len(content)
        self._progress(_LABEL, self._done, None)
        return content


def _tar(delta: Delta) -> Iterator[bytes]:
    epoch = delta.manifest.sequence
    for name, path in directories(canonical_order(delta.tar.members)):
        if name != path:
            yield header(name, 0, EXECUTABLE, epoch)
            continue
        size = delta.tar.members[path].size
        yield header(path, size, mode_of(path), epoch)
        yield from delta.tar.chunks(path)
        yield bytes(-size % _SECTOR)
    yield END
