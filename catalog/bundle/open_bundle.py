"""Opens a bundle for reading, whether it is packed or unpacked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from catalog.bundle import sidecar
from catalog.bundle.output import open_regular, read_errors
from catalog.bundle.stored_tar import open_stored
from catalog.bundle.sums import is_bundle_path
from catalog.errors import IntegrityError, MissingError
from catalog.registry.layout import BUNDLE_MANIFEST, REGISTRY_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class OpenBundle(Protocol):
    """The files of a bundle by their paths below the top directory; `path` is where it lies itself."""

    path: Path

    def size(self, path: str) -> int | None:
        """The bytes of a file; None when there is none at this path."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file that is there, in pieces of at most 1 MiB; nothing is verified."""

    def content(self, path: str, limit: int) -> bytes:
        """The whole content of a file of at most `limit` bytes."""


@contextmanager
def open_bundle(path: Path) -> Iterator[OpenBundle]:
    """The bundle at `path`: a tarball, an unpacked folder, or a folder with that in it.

    Raises:
        MissingError: it cannot be read.
        IntegrityError: it is not in the form of a bundle.
    """
    if path.is_dir():
        inner = path / REGISTRY_ROOT
        yield _Folder(inner if inner.is_dir() and not (path / BUNDLE_MANIFEST).exists() else path)
        return
    with open_stored(path) as tar:
        yield tar


class _Folder:
    """An unpacked bundle; links are not followed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def size(self, path: str) -> int | None:
        """The bytes of a file; None when there is none at this path."""
        file = self.path / path
        is_ours = is_bundle_path(path) and file.is_file() and not file.is_symlink()
        return file.lstat().st_size if is_ours else None

    def chunks(self, path: str) -> Iterator[bytes]:
        """The content of a file that is there, in pieces of at most 1 MiB.

        Raises:
            MissingError: it cannot be read.
        """
        file = self.path / path
        with read_errors(file), open_regular(file) as opened:
            yield from sidecar.chunks(opened)

    def content(self, path: str, limit: int) -> bytes:
        """The whole content of a small file.

        Raises:
            MissingError: there is none.
            IntegrityError: it has more than `limit` bytes.
        """
        size = self.size(path)
        if size is None:
            raise MissingError(f"{self.path} has no {path}.", "Name the folder or the tarball of a bundle.")
        if size > limit:
            raise IntegrityError(f"{self.path / path} is too large.")
        return b"".join(self.chunks(path))
