"""Tells what changed from one registry to another: folders, bundles, files or addresses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from catalog.bundle.open_bundle import open_bundle
from catalog.errors import MissingError
from catalog.model.names import Kind
from catalog.operations.result import Request, Result, StructField
from catalog.registry.difference import EntryDifference, differences
from catalog.registry.layout import APPS_FILE, REGISTRY_ROOT, TOOLS_FILE, RepositoryVersion
from catalog.registry.reading import read_entries
from catalog.registry.registry import Registry
from catalog.registry.release_note import release_note
from catalog.remote.fetch import fetch

if TYPE_CHECKING:
    from catalog.registry.layout import Garden

_MAX_BYTES = 256 * 1024 * 1024
_WEB = ("https://", "http://")


class DiffRequest(Request):
    """Two registries, whose certificates to believe besides, and whether a difference is a failure.

    Each is a folder (a workspace that was built, a registry, a garden), an apps.json, a bundle, or the
    address of a registry.
    """

    old: str
    new: str
    ca: Path | None = None
    fail_on_difference: bool = False


class DiffResult(Result):
    """How many entries each has, and every entry that differs."""

    old_entries: int
    new_entries: int
    differences: tuple[StructField[EntryDifference], ...]
    fail_on_difference: bool

    @property
    def exit_code(self) -> int:
        """1 when they differ and that was asked for."""
        return self.FOUND if self.fail_on_difference and self.differences else self.DONE

    @property
    def note(self) -> str:
        """The differences as Markdown."""
        return release_note(self.differences)


def diff(request: DiffRequest) -> DiffResult:
    """Compare two registries.

    Raises:
        UsageError: the file of certificates cannot be used.
        MissingError: one is not there, or cannot be reached.
        IntegrityError: one is no registry.
    """
    old, new = (_registry(source, request.ca) for source in (request.old, request.new))
    return DiffResult(
        old_entries=len(old.entries),
        new_entries=len(new.entries),
        differences=differences(old, new),
        fail_on_difference=request.fail_on_difference,
    )


class _Files(Protocol):
    """Gives the content of a file of a registry, None when it has none."""

    def __call__(self, path: str, /) -> bytes | None: ...


def _registry(source: str, ca: Path | None) -> Registry:
    if source.startswith(_WEB):
        return _read(source, lambda path: fetch(f"{source.rstrip('/')}/{path}", _MAX_BYTES, ca))
    path = Path(source)
    if path.suffix == ".json":
        return _read_garden(source, _in_folder(path.parent), Path(path.name), Path(TOOLS_FILE))
    if path.is_dir():
        return _in_some_folder(path)
    with open_bundle(path) as bundle:

        def packed(name: str) -> bytes | None:
            return None if bundle.size(name) is None else bundle.content(name, _MAX_BYTES)

        return _read(source, packed)


def _in_some_folder(path: Path) -> Registry:
    """The registry in a folder that is one, or in the place where builds and bundles put it."""
    places = (path, path / REGISTRY_ROOT, path / "build" / REGISTRY_ROOT)
    for place in places:
        if any((place / version.garden.apps).is_file() for version in RepositoryVersion):
            return _read(str(place), _in_folder(place))
    return _read_garden(str(path), _in_folder(path), Path(APPS_FILE), Path(TOOLS_FILE))


def _in_folder(folder: Path) -> _Files:
    def content(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MissingError(f"{folder / path} cannot be read: {error.strerror}.") from None

    return content


def _read(source: str, files: _Files) -> Registry:
    """The first generation of the catalog that is there."""
    for version in RepositoryVersion:
        garden: Garden = version.garden
        if files(str(garden.apps)) is not None:
            return _read_garden(source, files, Path(garden.apps), Path(garden.tools))
    raise _no_registry(source)


def _read_garden(source: str, files: _Files, apps: Path, tools: Path) -> Registry:
    content = files(str(apps))
    if content is None:
        raise _no_registry(source)
    entries = read_entries(content, f"{source}: {apps}", Kind.APP)
    more = files(str(tools)) if tools != apps else None
    return Registry.of([*entries, *read_entries(more or b"[]", f"{source}: {tools}", Kind.TOOL)])


def _no_registry(source: str) -> MissingError:
    return MissingError(
        f"{source} has no garden/default/apps.json, nor one of another generation.",
        "Name a registry: what `catalog build` makes, an unpacked bundle, or the address of one.",
    )
