"""Writes files and whole trees so that whoever reads sees the old or the new, never a half.

A file is written beside its place and renamed over it. A tree is written beside its place and swapped in by
two renames, since no rename replaces a directory that is not empty; what an interrupted swap leaves behind
is put right at the next start. Files of the old tree whose bytes stay are not written again.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from catalog.errors import ConflictError, MissingError
from catalog.model.file_tree import CopyOf, Standing
from catalog.workspace.folder_lock import alone_in
from catalog.workspace.held_folder import held_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from catalog.model.file_tree import TreeFile

_PIECE = 1 << 20


def write_file(path: Path, content: bytes, *, is_lasting: bool = True) -> None:
    """Replace the content of `path` in one step, keeping the permission bits of a file that is there.

    Without `is_lasting`, nobody waits for the disk: for what can be made again should the power fail.

    Raises:
        MissingError: the folder cannot be written, or the disk is full; the old file is untouched.
    """
    with disk_errors(path):
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o644
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                if is_lasting:
                    file.flush()
                    os.fsync(descriptor)
            os.chmod(name, mode)  # noqa: PTH101  # the name comes from mkstemp
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def create_tree(target: Path, files: Iterable[TreeFile]) -> None:
    """Write `files` into the new folder `target`; all or nothing.

    Raises:
        ConflictError: there is something at `target` already.
        MissingError: the disk refuses.
    """
    if os.path.lexists(target) and not _is_empty_folder(target):
        raise ConflictError(f"{target} is there already.", "Choose another name, or move it away.")
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with held_new(target.parent, f".{target.name}.new-", 0o777) as staging:
            _write_all(staging, files)
            if target.is_dir():
                target.rmdir()
            staging.rename(target)


def add_files(root: Path, files: Iterable[TreeFile]) -> list[Path]:
    """Write those of `files` into `root` that are not there yet, each in one step; the paths of these.

    Raises:
        MissingError: the disk refuses one; those before it stay.
    """
    written = []
    for file in files:
        path = root / file.path
        if os.path.lexists(path):
            continue
        with disk_errors(path, "What was written before it stays."):
            _add(path, file)
        written.append(path)
    return written


def swap_tree(target: Path, files: Iterable[TreeFile], *, markers: Sequence[str]) -> int:
    """Put a tree of `files` in the place of the folder `target`; the old one stays if anything fails.

    Returns the number of the new folder on its disk.

    A folder that is there must be one of ours (have an entry called as one of `markers`) or be empty.

    Raises:
        ConflictError: `target` is something else, which is not ours to replace.
        MissingError: the disk refuses.
    """
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(target.parent):
            _recover(target)
            _refuse_what_is_not_ours(target, markers)
        with held_new(target.parent, f".{target.name}.new-", 0o777) as staging:
            _write_all(staging, files, before=target if target.is_dir() else None)
            number = staging.stat().st_ino
            with alone_in(target.parent):
                _exchange(staging, target)
    return number


def _refuse_what_is_not_ours(target: Path, markers: Sequence[str]) -> None:
    if os.path.lexists(target) and not (_is_empty_folder(target) or _has(target, markers)):
        raise ConflictError(
            f"{target} was not made by catalog build, so it is not replaced.",
            "Move it away, or choose another folder with --out.",
        )


def _exchange(staging: Path, target: Path) -> None:
    old = _old(target)
    if target.exists():
        target.rename(old)
    try:
        staging.rename(target)
    except BaseException:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _recover(target: Path) -> None:
    """Finish or undo what an interrupted run left: the old tree returns if no new one took its place."""
    old = _old(target)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _write_all(root: Path, files: Iterable[TreeFile], before: Path | None = None) -> None:
    made: set[str] = set()
    for file in files:
        path = f"{root}/{file.path}"  # a Path for each costs more than writing
        folder = path.rpartition("/")[0]
        if folder not in made:
            Path(folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        if before is None or not _share(f"{before}/{file.path}", path, file):
            _write_content(path, file)


def _share(old: str, path: str, file: TreeFile) -> bool:
    """Make `path` a second name of `old` if that has the same bytes; a file that stays keeps its time, too.

    The tree that `old` is in goes away, so each file has one name again. One that has more is left alone.
    """
    try:
        inode = file.content.inode if isinstance(file.content, Standing) else _same(old, file)
        if inode is None:
            return False
        os.link(old, path, follow_symlinks=False)
        if os.lstat(path).st_ino == inode:
            return True
        os.unlink(path)  # noqa: PTH108  # another build has put its tree there in between
    except OSError:
        pass  # nothing there, or a file system without links
    return False


def _same(old: str, file: TreeFile) -> int | None:
    """The number of the file `old` on its disk, if it is what `file` will be.

    Raises:
        OSError: it cannot be read.
    """
    with _plain_file(old) as opened:
        status = os.fstat(opened.fileno())
        is_like_it = status.st_nlink == 1 and stat.S_IMODE(status.st_mode) == file.mode
        return status.st_ino if is_like_it and _holds(opened, status.st_size, file.content) else None


def _plain_file(path: str) -> IO[bytes]:
    """The file at `path`, which must be no link.

    Raises:
        OSError: it is one, or cannot be read.
    """
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _holds(opened: IO[bytes], size: int, content: bytes | CopyOf) -> bool:
    """Whether an open file of `size` bytes has this content."""
    if isinstance(content, bytes):
        return size == len(content) and opened.read(size + 1) == content
    with Path(content.path).open("rb") as source:
        if os.fstat(source.fileno()).st_size != size:
            return False
        pieces = iter(lambda: (source.read(_PIECE), opened.read(_PIECE)), (b"", b""))
        return all(one == other for one, other in pieces)


def _add(path: Path, file: TreeFile) -> None:
    """Write a file that is not there yet; a half of it never has its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(descriptor)
    try:
        _write_content(name, file)
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write_content(path: str, file: TreeFile) -> None:
    content = file.content.make() if isinstance(file.content, Standing) else file.content
    if isinstance(content, CopyOf):
        _copy(content.path, path)
        os.chmod(path, file.mode)  # noqa: PTH101
        return
    new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, file.mode)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(new, rest) :]
        os.fchmod(new, file.mode)
    finally:
        os.close(new)


def _copy(source: str, path: str) -> None:
    try:
        shutil.copyfile(source, path)
    except FileNotFoundError as error:
        if error.filename != source:
            raise
        raise MissingError(
            f"{source} went away while it was needed. Nothing was changed.", "Run the command again."
        ) from error


def _has(target: Path, markers: Sequence[str]) -> bool:
    return target.is_dir() and not target.is_symlink() and any((target / name).exists() for name in markers)


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and next(path.iterdir(), None) is None


@contextmanager
def disk_errors(path: Path, rest: str = "Nothing was changed.") -> Iterator[None]:
    """Say in words what the disk refuses to a block that writes `path`, and what became of the `rest`.

    Raises:
        MissingError: in the place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        # the error's own file name may be that of a source, or of a folder that is gone by now
        reason = (error.strerror or str(error)).lower()
        raise MissingError(
            f"{path} cannot be written: {reason}. {rest}",
            "Check the permissions and the free space (df -h), then run the command again.",
        ) from error


def disk_refusal(error: OSError, place: Path) -> MissingError:
    """The failure of work at `place` that the disk refused; it names the file if the system does."""
    named = error.filename if isinstance(error.filename, str) and error.filename else place
    reason = (error.strerror or str(error)).lower()
    return MissingError(
        f"{named} cannot be used: {reason}.",
        "Check the permissions and the free space (df -h), then run the command again.",
    )
