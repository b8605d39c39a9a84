"""Prepares extensions, and takes those that are as they were from an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.model.compose import DEPLOYMENT_NAME
from catalog.operations.prepare import Generation, Prepared, plain_options, prepare
from catalog.operations.renewal import Renewal, renewal
from catalog.workspace.cache import cache_folder
from catalog.workspace.extensions import read_extension
from catalog.workspace.forked import in_parallel
from catalog.workspace.kept import Kept, digest, kept_file
from catalog.workspace.kept_form import Form
from catalog.workspace.recipe import recipe
from catalog.workspace.stamp import content_digest, folder_stamp, folder_stamps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from catalog.operations.prepare import PrepareOptions
    from catalog.operations.renewal import RenewalOptions
    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.stamp import FolderStamp
    from catalog.workspace.workspace import Workspace


def kept_results(workspace: Workspace, *, use_cache: bool) -> Kept:
    """What earlier runs in the workspace kept; without `use_cache` it is not looked at, but kept anew."""
    return Kept(kept_file(cache_folder("builds"), workspace.root), recipe(), is_fresh=not use_cache)


class KeptExtensions:
    """Extensions as builds and checks need them; `read` counts those that had to be read."""

    def __init__(self, kept: Kept, options: PrepareOptions) -> None:
        self.read = 0
        self._kept = kept
        self._options = options
        self._asked = _asked(options)
        self._asked_by_checks = _asked(plain_options(options.workspace))

    def prepared(self, folders: Sequence[ExtensionFolder]) -> Iterator[Prepared]:
        """The extensions in `folders`, in their order.

        Raises:
            MissingError: a v3 entry needs an image's digest that nobody knows.
        """
        seen = self._all_seen(folders)
        new = [one for one in seen if one.is_new]
        for folder in folders:
            self._kept.keep(_name(folder, self._asked_by_checks))
        lines = in_parallel(lambda number: self._made_lines(new[number]), len(new))
        for one in seen:
            if one.stamp is None:
                self.read += 1
                yield self._made(one.folder)
            else:
                yield self._new(one, one.stamp, next(lines)) if one.is_new else self._known(one, one.stamp)

    def renewed(self, folders: Sequence[ExtensionFolder], wish: RenewalOptions) -> Iterator[Renewal]:
        """What becomes of the App Garden files in `folders`, in their order.

        The caller writes the text of each before it takes the next one; the extension is kept as it is then.
        """
        seen = self._all_seen(folders)
        known = [self._final(one, wish) for one in seen]
        new = [one for one, generation in zip(seen, known, strict=True) if generation is None]
        lines = in_parallel(lambda number: self._renewal_lines(new[number], wish), len(new))
        for one, generation in zip(seen, known, strict=True):
            if generation is not None:
                yield Renewal(generation)
                continue
            self.read += 1
            first, content, line = _parted(next(lines) or self._renewal_lines(one, wish))
            yield _renewal_form().value(first) or self._renewal(one.folder, wish)
            if content and line:
                self._kept.put(_name(one.folder, self._asked), line, content, self._asked)

    def _final(self, one: _Seen, wish: RenewalOptions) -> Generation | None:
        """What an earlier run found of the App Garden file, if nothing is to be done about it."""
        if one.stamp is None or one.is_new:
            return None
        known = _form().value(self._kept.get(_name(one.folder, self._asked), one.content, self._asked))
        return None if known is None or wish.is_due(known.generation) else known.generation

    def _all_seen(self, folders: Sequence[ExtensionFolder]) -> list[_Seen]:
        stamps = iter(folder_stamps([folder.path for folder in folders if not folder.is_link]))
        return [self._seen(folder, None if folder.is_link else next(stamps)) for folder in folders]

    def _seen(self, folder: ExtensionFolder, stamp: FolderStamp | None) -> _Seen:
        """What a folder looks like from outside, and whether it is as it was."""
        if stamp is None or self._kept.is_fresh:
            return _Seen(folder, stamp, is_new=stamp is not None)
        content = self._content(folder, stamp)
        if content is None:
            return _Seen(folder)
        is_new = not self._kept.has(_name(folder, self._asked), content, self._asked)
        return _Seen(folder, stamp, content, is_new=is_new)

    def _content(self, folder: ExtensionFolder, stamp: FolderStamp) -> str | None:
        """The digest of what is in the folder, read again only if its stamp is another one."""
        known = self._kept.get(_content_name(folder), stamp.key)
        if known is not None:
            return known.decode()
        content = content_digest(folder.path, stamp)
        self._keep_content(folder, stamp, content)
        return content

    def _keep_content(self, folder: ExtensionFolder, stamp: FolderStamp, content: str | None) -> None:
        if stamp.is_settled and content:
            self._kept.put(_content_name(folder), content.encode(), stamp.key)

    def _known(self, one: _Seen, stamp: FolderStamp) -> Prepared:
        """The extension as an earlier run left it, made after all if that is damaged."""
        line = self._kept.get(_name(one.folder, self._asked), one.content, self._asked)
        known = _form().value(line)
        if line is None or known is None:
            return self._new(one, stamp, None)
        return replace(known, files=_Files(one.folder, stamp), source=digest(line, one.content))

    def _new(self, one: _Seen, stamp: FolderStamp, lines: bytes | None) -> Prepared:
        """The extension as it is now, kept unless somebody wrote to it while it was read."""
        self.read += 1
        line, content, _ = _parted(lines or self._made_lines(one))
        made = replace(_form().value(line) or self._made(one.folder), files=_Files(one.folder, stamp))
        if not content:
            return made
        self._keep_content(one.folder, stamp, content)
        self._kept.put(_name(one.folder, self._asked), line, content, self._asked)
        return replace(made, source=digest(line, content))

    def _made_lines(self, one: _Seen) -> bytes:
        """The extension less its files, and the digest of what it was made from, if that is certain."""
        line = _form().line(replace(self._made(one.folder), files={}))
        return _together(line, _content_after(one) if line else None)

    def _renewal_lines(self, one: _Seen, wish: RenewalOptions) -> bytes:
        """What becomes of an App Garden file, a digest of the folder and the extension as they are then."""
        made = self._renewal(one.folder, wish)
        after = _form().line(replace(made.after, files={})) if made.after else None
        first = _renewal_form().line(replace(made, after=None))
        return _together(first, _content_after(one, made.text) if after else None, after)

    def _made(self, folder: ExtensionFolder) -> Prepared:
        return prepare(read_extension(self._options.workspace.root, folder), self._options)

    def _renewal(self, folder: ExtensionFolder, wish: RenewalOptions) -> Renewal:
        return renewal(read_extension(self._options.workspace.root, folder), self._options, wish)


class _Seen(Struct, frozen=True):
    """A folder with its stamp and a digest of its content; without them when they do not speak for it.

    The digest is missing as well while nobody needs it.
    """

    folder: ExtensionFolder
    stamp: FolderStamp | None = None
    content: str = ""
    is_new: bool = False


def _name(folder: ExtensionFolder, asked: str) -> str:
    return f"extension {folder.directory} {asked}"


def _content_name(folder: ExtensionFolder) -> str:
    return f"content {folder.directory}"


def _content_after(one: _Seen, text: str = "") -> str | None:
    """The digest of what is in the folder once its new text is written; None if that is not certain."""
    if one.stamp is None:
        return None
    content = one.content
    if text or not content:
        written = {DEPLOYMENT_NAME: text.encode(errors="surrogatepass")} if text else {}
        content = content_digest(one.folder.path, one.stamp, written) or ""
    return content if _is_unchanged(one.folder, one.stamp) else None


def _together(line: bytes | None, content: str | None, other: bytes | None = None) -> bytes:
    """What a copy of this process tells: up to three lines, empty where there is nothing to tell."""
    return b"\n".join((line or b"", (content or "").encode(), other or b""))


def _parted(lines: bytes) -> tuple[bytes, str, bytes]:
    """What `_together` put into `lines`."""
    line, content, other = lines.split(b"\n")
    return line, content.decode(), other


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


def _asked(options: PrepareOptions) -> str:
    """What besides its files decides what an extension becomes."""
    return digest(
        str(options.workspace.root),
        options.workspace.settings.model_dump_json(),
        str(options.stage),
        *options.versions,
        str(options.for_bundle),
        options.images,
        *(f"{ref}={value}" for ref, value in sorted(options.digests.items())),
    )


@cache
def _form() -> Form[Prepared]:
    return Form(Prepared)


@cache
def _renewal_form() -> Form[Renewal]:
    return Form(Renewal)
