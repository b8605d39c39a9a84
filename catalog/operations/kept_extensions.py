"""Prepares extensions, and takes those that are as they were from an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.model.finding import Finding
from catalog.model.manifest import CatalogNotes
from catalog.model.names import Kind
from catalog.operations.prepare import Prepared, prepare
from catalog.registry.registry import Entry
from catalog.workspace.extensions import read_extension
from catalog.workspace.forked import in_parallel
from catalog.workspace.kept import digest
from catalog.workspace.kept_form import Form
from catalog.workspace.stamp import content_digest, folder_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.operations.prepare import PrepareOptions
    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.kept import Kept
    from catalog.workspace.stamp import FolderStamp


class KeptExtensions:
    """Extensions as a build needs them; `read` counts those that had to be read."""

    def __init__(self, kept: Kept, options: PrepareOptions) -> None:
        self.read = 0
        self._kept = kept
        self._options = options
        self._asked = _asked(options)

    def prepared(self, folders: Sequence[ExtensionFolder]) -> Iterator[Prepared]:
        """The extensions in `folders`, in their order.

        Raises:
            MissingError: a v3 entry needs an image's digest that nobody knows.
        """
        seen = [self._seen(folder) for folder in folders]
        new = [one for one in seen if one.is_new]
        lines = in_parallel(lambda number: _line(self._made(new[number].folder)), len(new))
        for one in seen:
            if one.stamp is None:
                self.read += 1
                yield self._made(one.folder)
            else:
                yield self._new(one, one.stamp, next(lines)) if one.is_new else self._known(one, one.stamp)

    def _seen(self, folder: ExtensionFolder) -> _Seen:
        """What a folder looks like from outside, and whether it is as it was."""
        stamp = None if folder.is_link else folder_stamp(folder.path)
        content = self._content(folder, stamp) if stamp else None
        if stamp is None or content is None:
            return _Seen(folder)
        is_new = not self._kept.has(f"extension {folder.directory}", content, self._asked)
        return _Seen(folder, stamp, content, is_new=is_new)

    def _content(self, folder: ExtensionFolder, stamp: FolderStamp) -> str | None:
        """The digest of what is in the folder, read again only if its stamp is another one."""
        name = f"content {folder.directory}"
        known = self._kept.get(name, stamp.key)
        if known is not None:
            return known.decode()
        content = content_digest(folder.path, stamp)
        if content is not None and stamp.is_settled:
            self._kept.put(name, content.encode(), stamp.key)
        return content

    def _known(self, one: _Seen, stamp: FolderStamp) -> Prepared:
        """The extension as an earlier run left it, made after all if that is damaged."""
        line = self._kept.get(f"extension {one.folder.directory}", one.content, self._asked)
        known = _form().value(line)
        if line is None or known is None:
            return self._new(one, stamp, None)
        return replace(known, files=_Files(one.folder, stamp), source=digest(line, one.content))

    def _new(self, one: _Seen, stamp: FolderStamp, line: bytes | None) -> Prepared:
        """The extension as it is now, kept unless somebody wrote to it while it was read."""
        self.read += 1
        made = _form().value(line)
        if line is None or made is None:
            made = self._made(one.folder)
            line = _form().line(replace(made, files={}))
        made = replace(made, files=_Files(one.folder, stamp))
        if line is None or not _is_unchanged(one.folder, stamp):
            return made
        self._kept.put(f"extension {one.folder.directory}", line, one.content, self._asked)
        return replace(made, source=digest(line, one.content))

    def _made(self, folder: ExtensionFolder) -> Prepared:
        return prepare(read_extension(self._options.workspace.root, folder), self._options)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A folder with its stamp and a digest of its content; without them when they do not speak for it."""

    folder: ExtensionFolder
    stamp: FolderStamp | None = None
    content: str = ""
    is_new: bool = False


def _is_unchanged(folder: ExtensionFolder, stamp: FolderStamp) -> bool:
    now = folder_stamp(folder.path)
    return now is not None and now.key == stamp.key


class _Files(Mapping[PurePosixPath, str]):
    """The files of an extension as reading it gives them, put together only if somebody asks for them."""

    def __init__(self, folder: ExtensionFolder, stamp: FolderStamp) -> None:
        self._folder = str(folder.path)
        self._names = stamp.files

    @cached_property
    def _files(self) -> dict[PurePosixPath, str]:
        files = sorted((PurePosixPath(name), name) for name in self._names)
        return {path: f"{self._folder}/{name}" for path, name in files}

    def __getitem__(self, path: PurePosixPath) -> str:
        return self._files[path]

    def __iter__(self) -> Iterator[PurePosixPath]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._names)


def _line(made: Prepared) -> bytes:
    """The extension in one line, less its files.

    Raises:
        ValueError: it holds text that no file can hold.
    """
    line = _form().line(replace(made, files={}))
    if line is None:
        raise ValueError(made.name)
    return line


def _asked(options: PrepareOptions) -> str:
    """What besides its files decides what an extension becomes."""
    return digest(
        str(options.workspace.root),
        options.workspace.settings.model_dump_json(),
        str(options.stage),
        *options.versions,
        str(options.for_bundle),
        *(f"{ref}={value}" for ref, value in sorted(options.digests.items())),
    )


@cache
def _form() -> Form[Prepared]:
    types = (CatalogNotes, Entry, Finding, Kind, Mapping, PurePosixPath)
    return Form(Prepared, {one.__name__: one for one in types})
