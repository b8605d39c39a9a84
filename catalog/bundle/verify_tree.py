"""Verifies an unpacked bundle: every listed file, through real folders only, and what is not listed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from catalog.bundle import manifest as manifest_form
from catalog.bundle import sums
from catalog.bundle.image_check import MAX_DOCUMENT, documents, image_problems
from catalog.bundle.output import read_errors
from catalog.bundle.seal import MAX_SIGNATURE, Head, checked
from catalog.bundle.verdict import Problem, RefusedError, Verdict, Verification, judged
from catalog.registry.layout import BUNDLE_MANIFEST, INSTALLATION, SUMS, SUMS_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from catalog.bundle.progress import Transferred
    from catalog.bundle.seal import Seal
    from catalog.bundle.verdict import Policy

_CHUNK = 1 << 20
_LABEL = "Verifying"
_THREADS = 2


def verify_tree(root: Path, policy: Policy, progress: Transferred) -> Verification:
    """What can be said of the unpacked bundle at `root`.

    Raises:
        MissingError: a file cannot be read.
        UsageError: the policy's key is no key.
    """
    try:
        with read_errors(root):
            seal = checked(_head(root), policy)
    except RefusedError as refused:
        return Verification(refused.problem.verdict, accepted=False, problems=(refused.problem,))
    return _believed(root, seal, policy, progress)


def _believed(root: Path, seal: Seal, policy: Policy, progress: Transferred) -> Verification:
    listed = {*seal.digests, str(SUMS)} | ({str(SUMS_SIGNATURE)} if seal.manifest.signer else set())
    with read_errors(root):
        problems, files, size = _contents(root, seal, progress)
        strangers = [
            Problem(Verdict.UNLISTED, path, "SHA256SUMS does not name it") for path in unlisted(root, listed)
        ]
    images = image_problems(seal.manifest, seal.digests, files)
    found = (*problems, *strangers, *images)
    return judged(seal.verdict, policy, found, seal.manifest, (len(seal.digests), size))


def remove_unlisted(root: Path, paths: Iterable[str]) -> None:
    """Delete what a verification named as unlisted; links are removed, never followed.

    Raises:
        MissingError: something cannot be removed.
    """
    for path in paths:
        target = root / path
        with read_errors(target):
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)


def unlisted(root: Path, listed: Iterable[str]) -> Iterator[str]:
    """What is there and not listed, of any type; a folder without listed files is named as a whole."""
    files = frozenset(listed)
    in_order = sorted(files)
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in sorted(os.scandir(root / folder), key=lambda entry: entry.name):
            path = f"{folder}{entry.name}"
            if not folder and entry.name in INSTALLATION:
                continue
            if entry.is_dir(follow_symlinks=False) and _has_files(f"{path}/", in_order):
                waiting.append(f"{path}/")
            elif path not in files:
                yield path


def _has_files(folder: str, in_order: Sequence[str]) -> bool:
    place = bisect_left(in_order, folder)
    return place < len(in_order) and in_order[place].startswith(folder)


def _head(root: Path) -> Head:
    signature = _small(root, str(SUMS_SIGNATURE), MAX_SIGNATURE)
    parts = {}
    for path, limit in ((BUNDLE_MANIFEST, manifest_form.MAX_BYTES), (SUMS, sums.MAX_BYTES)):
        content = _small(root, str(path), limit)
        if content is None:
            raise RefusedError(Verdict.MISSING, "it is not in the bundle", str(path))
        parts[path] = content
    return Head(parts[BUNDLE_MANIFEST], parts[SUMS], signature)


def _small(root: Path, path: str, limit: int) -> bytes | None:
    """A file of the head, None when there is none."""
    try:
        with _opened(root, path) as file:
            content = file.read(limit + 1)
    except FileNotFoundError:
        return None
    if len(content) > limit:
        raise RefusedError(Verdict.BAD_FORM, f"it has more than {limit:,} bytes", path)
    return content


def _contents(root: Path, seal: Seal, progress: Transferred) -> tuple[list[Problem], dict[str, bytes], int]:
    """What is wrong with the listed files, the small ones about images, and the bytes of all."""
    problems, kept, total = [], {}, 0
    wanted = documents(seal.manifest)
    with _threads() as threads:
        answers = threads.map(lambda path: _read(root, path, is_wanted=path in wanted), seal.digests)
        for path, answer in zip(seal.digests, answers, strict=True):
            if isinstance(answer, Problem):
                problems.append(answer)
                continue
            total += answer.size
            progress(_LABEL, total, None)
            if answer.digest != seal.digests[path]:
                problems.append(Problem(Verdict.CHANGED, path, "it is not what SHA256SUMS says"))
            elif path in wanted:
                kept[path] = answer.start
    return problems, kept, total


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Threads that do not finish the whole bundle first when somebody presses Ctrl-C."""
    threads = ThreadPoolExecutor(_THREADS)
    try:
        yield threads
    finally:
        threads.shutdown(cancel_futures=True)


class _Content(Struct, frozen=True):
    """What was read of a file; `start` is empty unless it was wanted, and then all of any valid one."""

    digest: str
    size: int
    start: bytes


def _read(root: Path, path: str, *, is_wanted: bool) -> _Content | Problem:
    digest, size, start = hashlib.sha256(), 0, bytearray()
    try:
        with _opened(root, path) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if is_wanted and size <= MAX_DOCUMENT:
                    start += chunk
    except RefusedError as refused:
        return refused.problem
    except FileNotFoundError:
        return Problem(Verdict.MISSING, path, "it is not in the bundle")
    return _Content(digest.hexdigest(), size, bytes(start) if size <= MAX_DOCUMENT else b"")


@contextmanager
def _opened(root: Path, path: str) -> Iterator[BinaryIO]:
    """A regular file, reached through real folders below `root` without following a link.

    Raises:
        FileNotFoundError: there is none.
        RefusedError: a link leads to it, or it is something else than a regular file.
    """
    *folders, name = path.split("/")
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            descriptor = _step(descriptor, folder, os.O_DIRECTORY, path)
        descriptor = _step(descriptor, name, os.O_NONBLOCK, path)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RefusedError(Verdict.CHANGED, "it is no regular file", path)
        with os.fdopen(descriptor, "rb", buffering=0, closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def _step(folder: int, name: str, flags: int, path: str) -> int:
    """The entry `name` of an open folder, which is closed only if that works."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO} or _is_link(folder, name):
            raise RefusedError(
                Verdict.CHANGED, "a link or something else stands in its place", path
            ) from None
        if error.errno == errno.ENOTDIR:
            raise FileNotFoundError(error.errno, error.strerror, path) from None
        raise
    os.close(folder)
    return descriptor


def _is_link(folder: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode)
    except OSError:
        return False
