"""Copies packages of shared libraries into the extensions that name them, and corrects the version there."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from catalog.errors import FindingsError, MissingError, UsageError
from catalog.model.json_text import read_foreign_json
from catalog.model.yaml_text import DocumentError
from catalog.operations.result import PathField, Result
from catalog.operations.selection import Selection, only_one, selected
from catalog.workspace.folders import leads_outside, listing
from catalog.workspace.library_references import (
    PACKAGE_JSON,
    REQUIREMENTS,
    may_name,
    named,
    references,
    renamed,
    text_of,
)
from catalog.workspace.shared_libraries import Language, Library, shared_libraries
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from catalog.workspace.folders import ExtensionFolder
    from catalog.workspace.library_references import Reference
    from catalog.workspace.workspace import Workspace

_INDENT = 2


class LibsInstallRequest(Selection):
    """Which libraries go into which extensions.

    `libraries` are names (all, when empty). `py_path` and `ts_path` are folders of one extension, for
    libraries that it does not name yet.
    """

    languages: frozenset[Language] = frozenset(Language)
    libraries: tuple[str, ...] = ()
    py_path: str = ""
    ts_path: str = ""
    dry_run: bool = False


class InstalledLibrary(Result):
    """One library in one folder of an extension: the copy, the file that names it, and what happened."""

    extension: str
    library: str
    version: str
    package: PathField
    named_in: PathField
    is_new: bool
    is_renamed: bool
    removed: tuple[PathField, ...] = ()


class LibsInstallResult(Result):
    """All copies, in the order of extensions; nothing was touched on a dry run."""

    installed: tuple[InstalledLibrary, ...]
    dry_run: bool = False


class _Wish(Struct, frozen=True):
    """One library that one folder of an extension is to have, and the file that is to name it."""

    extension: ExtensionFolder
    library: Library
    folder: Path
    named_in: Path

    @property
    def place(self) -> tuple[Library, Path, Path]:
        """What it is about, whatever links lead there."""
        return self.library, self.folder.resolve(), self.named_in.resolve()


class _Copy(Struct, frozen=True):
    """One package that goes into one folder, and the text of the file that names it.

    `before` is that text as the copies before this one leave it; `obsolete` are packages of other versions
    in the same folder that nothing names any more.
    """

    extension: str
    library: Library
    package: Path
    target: Path
    named_in: Path
    before: str | None
    after: str
    obsolete: tuple[Path, ...] = ()


def libs_install(workspace: Workspace, request: LibsInstallRequest) -> LibsInstallResult:
    """Copy the packages that the request means; all are known to be there before the first is copied.

    Raises:
        UsageError: a name or folder is unknown, or a folder is given for several extensions.
        FindingsError: a library's settings are wrong, or a package.json is.
        MissingError: a package was not built, or the disk refuses.
    """
    libraries = _chosen(workspace.root, request)
    wishes = (*_named(workspace, request, libraries), *_added(workspace, request, libraries))
    plan = _plan(workspace.root, wishes)
    installed = tuple(_installed(copy) for copy in plan)
    if not request.dry_run:
        _install(plan)
    return LibsInstallResult(installed=installed, dry_run=request.dry_run)


def _chosen(root: Path, request: LibsInstallRequest) -> list[Library]:
    known = shared_libraries(root)
    names = {library.name for library in known}
    for name in request.libraries:
        if name not in names:
            there = ", ".join(sorted(names)) or "none"
            raise UsageError(f"There is no shared library {name!r}.", f"Those in shared/: {there}.")
    return [
        library
        for library in known
        if library.language in request.languages
        and (library.name in request.libraries or not request.libraries)
    ]


def _named(workspace: Workspace, request: LibsInstallRequest, libraries: list[Library]) -> Iterator[_Wish]:
    """The libraries that extensions name already."""
    for folder in selected(workspace, request):
        files = listing(workspace.root, folder).files
        yield from _as_named(folder, references(folder.path, files, libraries))


def _as_named(extension: ExtensionFolder, found: Iterable[Reference]) -> Iterator[_Wish]:
    for one in found:
        for place in dict.fromkeys(name.parent for name in one.names):
            yield _Wish(extension, one.library, one.file.parent / place, one.file)


def _added(workspace: Workspace, request: LibsInstallRequest, libraries: list[Library]) -> Iterator[_Wish]:
    """The libraries that were asked for by folder."""
    paths = {Language.PYTHON: request.py_path, Language.TYPESCRIPT: request.ts_path}
    if not any(paths.values()):
        return
    if len(request.names) != 1:
        raise UsageError("A folder for libraries belongs to one extension.", "Give the name of that one.")
    extension = only_one(workspace, request.names[0], request.kind)
    for library in libraries:
        if paths[library.language]:
            folder = _inside(extension, paths[library.language])
            name = PurePosixPath(REQUIREMENTS if library.language is Language.PYTHON else PACKAGE_JSON)
            found = references(folder, [name], [library])
            yield from _as_named(extension, found)
            if not found:
                yield _Wish(extension, library, folder, folder / name)


def _plan(root: Path, wishes: Iterable[_Wish]) -> list[_Copy]:
    """A copy for each wish; each changes its file's text as those before it leave that."""
    texts: dict[Path, str] = {}
    plan: dict[tuple[Library, Path, Path], tuple[_Wish, _Copy]] = {}
    for wish in wishes:
        if wish.place in plan:
            continue
        package, file = _package(wish.library), wish.named_in.resolve()
        before = texts[file] if file in texts else _read(file)
        texts[file] = after = _naming(wish, before, package.name)
        target = wish.folder / package.name
        copy = _Copy(wish.extension.name, wish.library, package, target, wish.named_in, before, after)
        plan[wish.place] = wish, copy
    return [replace(copy, obsolete=_obsolete(root, wish, copy, texts)) for wish, copy in plan.values()]


def _obsolete(root: Path, wish: _Wish, copy: _Copy, texts: Mapping[Path, str]) -> tuple[Path, ...]:
    """Packages of other versions beside the copy that no file of the extension will name."""
    others = [path for path in copy.library.all_packages(wish.folder) if path.name != copy.target.name]
    if not others:
        return ()
    files = (wish.extension.path / name for name in listing(root, wish.extension).files if may_name(name))
    said = [texts.get(file.resolve()) or text_of(file) for file in files]
    return tuple(path for path in others if not any(path.name in text for text in said))


def _naming(wish: _Wish, text: str | None, package: str) -> str:
    """The text of the wish's file, naming `package`."""
    if text is not None and named(text, wish.library):
        return renamed(text, wish.library, package)
    if wish.library.language is Language.PYTHON:
        return f"./{package}\n{text or ''}"
    return _with_dependency(wish.named_in, text, wish.library, package)


def _with_dependency(file: Path, text: str | None, library: Library, package: str) -> str:
    if text is None:
        raise UsageError(f"{file} is not there.", "Give the folder that has the package.json.")
    try:
        document = read_foreign_json(text)
        document.setdefault("dependencies", {})[library.name] = f"file:./{package}"
    except DocumentError as error:
        raise FindingsError(f"{file} cannot be read: {error.told}.", "Correct it first.") from None
    except (AttributeError, TypeError):
        raise FindingsError(f"{file} has no object of dependencies.", "Correct it first.") from None
    return json.dumps(document, indent=_INDENT, ensure_ascii=False) + "\n"


def _inside(extension: ExtensionFolder, path: str) -> Path:
    folder = extension.path / path
    if leads_outside(extension.path.parent, folder) or not folder.is_dir() or ".." in Path(path).parts:
        raise UsageError(f"{extension.name} has no folder {path!r}.", "Give a folder of the extension.")
    return folder


def _package(library: Library) -> Path:
    package = library.package
    if package is None:
        message = f"{library.name} {library.version} has not been built."
        raise MissingError(message, "Build it: catalog libs build")
    return package


def _read(file: Path) -> str | None:
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FindingsError(f"{file} cannot be read: {error}", "Correct it first.") from error


def _installed(copy: _Copy) -> InstalledLibrary:
    is_same = copy.target.is_file() and copy.target.read_bytes() == copy.package.read_bytes()
    return InstalledLibrary(
        extension=copy.extension,
        library=copy.library.name,
        version=copy.library.version,
        package=copy.target,
        named_in=copy.named_in,
        is_new=not is_same,
        is_renamed=copy.before != copy.after,
        removed=copy.obsolete,
    )


def _install(plan: Sequence[_Copy]) -> None:
    """Copy before name, and names before removals, so that no file names a package that is not there."""
    for copy in plan:
        write_file(copy.target, copy.package.read_bytes())
        if copy.before != copy.after:
            write_file(copy.named_in.resolve(), copy.after.encode())
    for path in (path for copy in plan for path in copy.obsolete):
        path.unlink(missing_ok=True)
