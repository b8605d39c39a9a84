"""Verifies a packed bundle in one pass, without unpacking anything.

Each header is written again from the signed list and compared, so that names, order, types, owners, modes,
times and padding are all covered.
"""

from __future__ import annotations

import tarfile
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

from catalog.bundle import manifest as manifest_form
from catalog.bundle import sums
from catalog.bundle.background_hash import BackgroundHash
from catalog.bundle.image_check import MAX_DOCUMENT, documents, image_problems
from catalog.bundle.outer_check import OuterCheck
from catalog.bundle.output import open_regular, read_errors
from catalog.bundle.seal import MAX_SIGNATURE, Head, checked
from catalog.bundle.stored_reader import StoredReader
from catalog.bundle.tar_writer import END, canonical_order, directories, header, mode_of
from catalog.bundle.verdict import Problem, RefusedError, Verdict, Verification, judged
from catalog.model.file_tree import EXECUTABLE
from catalog.registry.layout import BUNDLE_MANIFEST, REGISTRY_ROOT, SUMS, SUMS_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from catalog.bundle.progress import Transferred
    from catalog.bundle.seal import Seal
    from catalog.bundle.verdict import Policy

_SECTOR = tarfile.BLOCKSIZE
_LABEL = "Verifying"
_TOP = f"{REGISTRY_ROOT}/"
_SMALL = {
    str(BUNDLE_MANIFEST): manifest_form.MAX_BYTES,
    str(SUMS): sums.MAX_BYTES,
    str(SUMS_SIGNATURE): MAX_SIGNATURE,
}


def verify_tar(path: Path, policy: Policy, progress: Transferred) -> Verification:
    """What can be said of the tarball at `path`, and of the files that lie beside it.

    Raises:
        MissingError: it cannot be read.
        UsageError: the policy's key is no key.
    """
    with ExitStack() as stack:
        with read_errors(path):
            file = stack.enter_context(open_regular(path))
        outer = stack.enter_context(OuterCheck(path, policy))
        digest = stack.enter_context(BackgroundHash())
        try:
            with read_errors(path):
                pass_ = _Pass(StoredReader(file.read, outer.add), digest, progress)
                verification = pass_.run(policy)
                problems = outer.problems() if pass_.is_whole else ()
        except RefusedError as refused:
            return Verification(refused.problem.verdict, accepted=False, problems=(refused.problem,))
    if not problems:
        return verification
    together = (*verification.problems, *problems)
    counts = (verification.files, verification.bytes)
    return judged(verification.verdict, policy, together, verification.manifest, counts)


class _Pass:
    """One pass over a tarball; `is_whole` once it was read to its end."""

    def __init__(self, reader: StoredReader, digest: BackgroundHash, progress: Transferred) -> None:
        self._reader = reader
        self._digest = digest
        self._progress = progress
        self._problems: list[Problem] = []
        self._kept: dict[str, bytes] = {}
        self._bytes = 0
        self._ahead = b""
        self.is_whole = False

    def run(self, policy: Policy) -> Verification:
        """Read everything.

        Raises:
            RefusedError: the tar is in another form, or its head is not to be believed.
        """
        raw, head = self._head()
        seal = checked(head, policy)
        self._check_head(raw, head, seal)
        try:
            self._members(islice(_order(head, seal), len(raw), None), seal)
        except RefusedError as refused:
            self._problems.append(refused.problem)
        else:
            self.is_whole = True
            self._problems += image_problems(seal.manifest, seal.digests, self._kept)
        counts = (len(seal.digests), self._bytes)
        return judged(seal.verdict, policy, tuple(self._problems), seal.manifest, counts)

    def _members(self, order: Iterable[tuple[str, str]], seal: Seal) -> None:
        wanted = documents(seal.manifest)
        for name, path in order:
            self._member(name, path, seal, is_wanted=path in wanted)
        self._end()

    def _head(self) -> tuple[list[bytes], Head]:
        """The first headers as they stand, and what the first files hold."""
        raw = [self._reader.exactly(_SECTOR)]
        contents: dict[str, bytes] = {}
        for path, limit in _SMALL.items():
            block = self._reader.exactly(_SECTOR)
            if path == str(SUMS_SIGNATURE) and _name(block) != f"{_TOP}{path}":
                self._ahead = block
                break
            size = _size(block)
            if _name(block) != f"{_TOP}{path}" or not 0 <= size <= limit:
                raise RefusedError(Verdict.BAD_FORM, f"it does not begin as a bundle does: no {path}")
            raw.append(block)
            contents[path] = self._reader.exactly(size)
            if any(self._reader.exactly(-size % _SECTOR)):
                raise RefusedError(Verdict.BAD_FORM, "there is something between its files", path)
        signature = contents.get(str(SUMS_SIGNATURE))
        return raw, Head(contents[str(BUNDLE_MANIFEST)], contents[str(SUMS)], signature)

    def _check_head(self, raw: list[bytes], head: Head, seal: Seal) -> None:
        epoch = seal.manifest.sequence
        expected = [header("", 0, EXECUTABLE, epoch)]
        for path, content in zip(_SMALL, (head.manifest, head.sums, head.signature), strict=True):
            if content is not None:
                expected.append(header(path, len(content), mode_of(path), epoch))
                self._bytes += len(content)
        if raw != expected:
            raise RefusedError(Verdict.BAD_FORM, "its first headers are not those of a bundle")

    def _member(self, name: str, path: str, seal: Seal, *, is_wanted: bool) -> None:
        """Check the next member: the directory `name`, or the file `path` if that is the same."""
        is_file = name == path
        mode, epoch = mode_of(path) if is_file else EXECUTABLE, seal.manifest.sequence
        block = self._block(len(header(name, 0, mode, epoch)))
        size = _size(block[-_SECTOR:]) if is_file else 0
        if size < 0 or block != header(name, size, mode, epoch):
            raise _other_member(block, path, seal)
        if is_file:
            self._file(path, size, seal.digests[path], is_wanted=is_wanted)

    def _file(self, path: str, size: int, expected: str, *, is_wanted: bool) -> None:
        left = size
        kept = bytearray() if is_wanted else None
        if is_wanted and size > MAX_DOCUMENT:
            raise RefusedError(Verdict.BAD_FORM, f"it has more than {MAX_DOCUMENT:,} bytes", path)
        while left:
            piece = self._reader.take(left)
            if not piece:
                raise RefusedError(Verdict.MISSING, "it is cut off", path)
            self._digest.add(piece)
            if kept is not None:
                kept += piece
            left -= len(piece)
        self._bytes += size
        self._progress(_LABEL, self._bytes, None)
        if any(self._reader.exactly(-size % _SECTOR)):
            raise RefusedError(Verdict.BAD_FORM, "there is something behind its content", path)
        if self._digest.finish() != expected:
            self._problems.append(Problem(Verdict.CHANGED, path, "it is not what SHA256SUMS says"))
        elif kept is not None:
            self._kept[path] = bytes(kept)

    def _end(self) -> None:
        block = self._block(len(END))
        if block != END:
            if any(block[:_SECTOR]):
                path = _name(block[:_SECTOR]).removeprefix(_TOP)
                raise RefusedError(Verdict.UNLISTED, "SHA256SUMS does not name it", path)
            raise RefusedError(Verdict.BAD_FORM, "it does not end as a bundle does")
        self._reader.finish()

    def _block(self, size: int) -> bytes:
        ahead, self._ahead = self._ahead, b""
        return ahead + self._reader.exactly(size - len(ahead))


def _other_member(block: bytes, path: str, seal: Seal) -> RefusedError:
    """What it means that another header stands where `path` was expected."""
    found = _name(block[-_SECTOR:]).rstrip("/")
    inner = found.removeprefix(_TOP)
    if not any(block):
        return RefusedError(Verdict.MISSING, "it is not in the bundle", path)
    is_regular = block[-_SECTOR:][156:157] == tarfile.REGTYPE
    if is_regular and inner in seal.digests and inner != path:
        return RefusedError(Verdict.MISSING, f"{inner} stands in its place", path)
    if inner == path or any(other.startswith(f"{inner}/") for other in seal.digests):
        return RefusedError(Verdict.BAD_FORM, "its header is not that of a bundle", path)
    return RefusedError(Verdict.UNLISTED, "SHA256SUMS does not name it", inner)


def _order(head: Head, seal: Seal) -> Iterator[tuple[str, str]]:
    """The members as they must stand, as `directories` gives them.

    One after another, since a list of deep paths names far more folders than the tarball has.

    Raises:
        RefusedError: a file is listed as the folder of another, so that there is no such order.
    """
    signature = [str(SUMS_SIGNATURE)] if head.signature is not None else []
    files = {*seal.digests, str(SUMS), *signature}
    for name, path in directories(canonical_order(files)):
        if name.endswith("/") and name.rstrip("/") in files:
            raise RefusedError(Verdict.BAD_FORM, "SHA256SUMS has it as a file and as a folder", name)
        yield name, path


def _name(block: bytes) -> str:
    """The name in a header, as far as it can be read."""
    return block[:100].split(b"\0")[0].decode(errors="replace")


def _size(block: bytes) -> int:
    """The size in a header; -1 where there is none."""
    try:
        return tarfile.nti(block[124:136])  # type: ignore[attr-defined,no-any-return]  # not in the stubs
    except tarfile.HeaderError:
        return -1
