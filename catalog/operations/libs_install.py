"""Copies packages of shared libraries into the extensions that name them, and corrects the version there."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.errors import FindingsError, MissingError, UsageError
from catalog.operations.result import PathField, Result
from catalog.operations.selection import Selection, only_one, selected
from catalog.workspace.folders import leads_outside, listing
from catalog.workspace.library_references import PACKAGE_JSON, REQUIREMENTS, references
from catalog.workspace.shared_libraries import Language, Library, shared_libraries
from catalog.workspace.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from catalog.workspace.folders import ExtensionFolder
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


class _Copy(Struct, frozen=True):
    """One package that goes into one folder, and the text of the file that names it."""

    extension: str
    library: Library
    package: Path
    target: Path
    named_in: Path
    before: str | None
    after: str

    @property
    def obsolete(self) -> tuple[Path, ...]:
        """Packages of other versions in the same folder."""
        known = self.library.all_packages(self.target.parent)
        return tuple(path for path in known if path.name != self.target.name)


def libs_install(workspace: Workspace, request: LibsInstallRequest) -> LibsInstallResult:
    """Copy the packages that the request means; all are known to be there before the first is copied.

    Raises:
        UsageError: a name or folder is unknown, or a folder is given for several extensions.
        FindingsError: a library's settings are wrong, or a package.json is.
        MissingError: a package was not built, or the disk refuses.
    """
    libraries = _chosen(workspace.root, request)
    plan = list(
        dict.fromkeys([*_named(workspace, request, libraries), *_added(workspace, request, libraries)])
    )
    installed = tuple(_installed(copy) for copy in plan)
    if not request.dry_run:
        for copy in plan:
            _install(copy)
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


def _named(workspace: Workspace, request: LibsInstallRequest, libraries: list[Library]) -> Iterator[_Copy]:
    """The copies that extensions name already."""
    for folder in selected(workspace, request):
        for found in references(folder.path, listing(workspace.root, folder).files, libraries):
            package = _package(found.library)
            after = found.naming(package.name)
            for place in dict.fromkeys(name.parent for name in found.names):
                target = found.file.parent / place / package.name
                yield _Copy(folder.name, found.library, package, target, found.file, found.text, after)


def _added(workspace: Workspace, request: LibsInstallRequest, libraries: list[Library]) -> Iterator[_Copy]:
    """The copies that were asked for by folder."""
    paths = {Language.PYTHON: request.py_path, Language.TYPESCRIPT: request.ts_path}
    if not any(paths.values()):
        return
    if len(request.names) != 1:
        raise UsageError("A folder for libraries belongs to one extension.", "Give the name of that one.")
    extension = only_one(workspace, request.names[0], request.kind)
    for library in libraries:
        path = paths[library.language]
        if path:
            yield _addition(extension, library, _inside(extension, path))


def _addition(extension: ExtensionFolder, library: Library, folder: Path) -> _Copy:
    package = _package(library)
    is_python = library.language is Language.PYTHON
    file = folder / (REQUIREMENTS if is_python else PACKAGE_JSON)
    before = _read(file)
    if before is not None and references(folder, [PurePosixPath(file.name)], [library]):
        (found,) = references(folder, [PurePosixPath(file.name)], [library])
        after = found.naming(package.name)
    elif is_python:
        after = f"./{package.name}\n{before or ''}"
    else:
        after = _with_dependency(file, before, library, package.name)
    return _Copy(extension.name, library, package, folder / package.name, file, before, after)


def _with_dependency(file: Path, text: str | None, library: Library, package: str) -> str:
    if text is None:
        raise UsageError(f"{file} is not there.", "Give the folder that has the package.json.")
    try:
        document = json.loads(text)
        document.setdefault("dependencies", {})[library.name] = f"file:./{package}"
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise FindingsError(f"{file} is no package.json that can be read.", "Correct it first.") from error
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


def _install(copy: _Copy) -> None:
    """The copy first, then the name, so that no file ever names a package that is not there."""
    obsolete: Iterable[Path] = copy.obsolete
    write_file(copy.target, copy.package.read_bytes())
    if copy.before != copy.after:
        write_file(copy.named_in, copy.after.encode())
    for path in obsolete:
        path.unlink(missing_ok=True)
