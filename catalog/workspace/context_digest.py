"""A digest of what a build sees of its context: names, modes and content of the files."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from catalog.model.docker_ignore import DockerIgnore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 20


def context_digest(context: Path, dockerfile: Path) -> str:
    """The SHA-256 of a build context with its Dockerfile, in hex.

    Files that `.dockerignore` leaves out do not count, unless the Dockerfile has an ignore file of its own,
    which only some builders read.

    Raises:
        OSError: a file cannot be read.
    """
    ignore = DockerIgnore() if _own_ignore(dockerfile).is_file() else _ignore(context)
    digest = hashlib.sha256()
    for path in sorted({"\0dockerfile", *_files(str(context), ignore)}):
        place = dockerfile if path == "\0dockerfile" else context / path
        digest.update(f"{path}\0{_mode(place)}\0".encode("utf-8", "surrogateescape"))
        digest.update(_content(place))
    return digest.hexdigest()


def _ignore(context: Path) -> DockerIgnore:
    try:
        return DockerIgnore((context / ".dockerignore").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return DockerIgnore()


def _own_ignore(dockerfile: Path) -> Path:
    return dockerfile.with_name(f"{dockerfile.name}.dockerignore")


def _files(folder: str, ignore: DockerIgnore, prefix: str = "") -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, ignore, f"{name}/")
            elif not ignore.leaves_out(name):
                yield name


def _mode(path: Path) -> str:
    mode = path.lstat().st_mode
    return "link" if stat.S_ISLNK(mode) else f"{stat.S_IFMT(mode):o}-{mode & 0o777:o}"


def _content(path: Path) -> bytes:
    """The digest of a file, or where a link leads; nothing for a socket or a pipe."""
    if path.is_symlink():
        return hashlib.sha256(os.fsencode(path.readlink())).digest()
    digest = hashlib.sha256()
    if path.is_file():
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.digest()
