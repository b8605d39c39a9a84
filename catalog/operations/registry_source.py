"""Finds the catalogs of a registry: in a folder, a bundle, an apps.json file or at an address."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from catalog.bundle.open_bundle import open_bundle
from catalog.errors import MissingError
from catalog.model.names import Kind
from catalog.registry.layout import APPS_FILE, REGISTRY_ROOT, TOOLS_FILE, RepositoryVersion
from catalog.registry.reading import read_all_entries
from catalog.registry.registry import Registry
from catalog.remote.fetch import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

_MAX_BYTES = 256 * 1024 * 1024
_WEB = ("https://", "http://")
_FOLDERS = {version.garden.folder.name: version for version in RepositoryVersion}


class _Files(Protocol):
    """Gives the content of a file of a registry, None when it has none."""

    def __call__(self, path: str, /) -> bytes | None: ...


class Catalog(Struct, frozen=True):
    """One catalog of a registry: which generation it is (None: nobody knows), and where its files are."""

    source: str
    version: RepositoryVersion | None
    apps: PurePosixPath
    files: _Files

    def registry(self) -> Registry:
        """Its entries.

        Raises:
            MissingError: it cannot be reached any more.
            IntegrityError: it is no catalog.
        """
        apps = self.files(str(self.apps))
        if apps is None:
            raise _no_registry(self.source)
        entries = read_all_entries(apps, f"{self.source}: {self.apps}", Kind.APP)
        place = self.apps.with_name(TOOLS_FILE)
        tools = self.files(str(place)) if place != self.apps else None
        more = read_all_entries(tools or b"[]", f"{self.source}: {place}", Kind.TOOL)
        return Registry.of([*entries, *more])

    def picture(self, place: PurePosixPath) -> bytes | None:
        """The picture at a place that is seen from the catalog's folder, None if it is not there.

        Raises:
            MissingError: it cannot be reached.
        """
        return self.files(str(self.apps.parent / place))


def catalogs(source: str, ca: Path | None, opened: ExitStack) -> Iterator[Catalog]:
    """The catalogs of a registry, the first generation first; a bundle stays open in `opened`.

    Raises:
        UsageError: the file of certificates cannot be used.
        MissingError: there is none, or it cannot be reached.
        IntegrityError: a bundle is damaged.
    """
    if source.startswith(_WEB):
        return _generations(source, lambda path: fetch(f"{source.rstrip('/')}/{path}", _MAX_BYTES, ca))
    path = Path(source)
    if path.suffix == ".json":
        return iter([_loose(source, path)])
    if path.is_dir():
        return _in_some_folder(path)
    bundle = opened.enter_context(open_bundle(path))

    def packed(name: str) -> bytes | None:
        return None if bundle.size(name) is None else bundle.content(name, _MAX_BYTES)

    return _generations(source, packed)


def _in_some_folder(path: Path) -> Iterator[Catalog]:
    """Those in a folder that is a registry, or in the place where builds and bundles put it."""
    places = (path, path / REGISTRY_ROOT, path / "build" / REGISTRY_ROOT)
    for place in places:
        if any((place / version.garden.apps).is_file() for version in RepositoryVersion):
            return _generations(str(place), _in_folder(place))
    return iter([_loose(str(path), path / APPS_FILE)])


def _loose(source: str, path: Path) -> Catalog:
    """A catalog without its registry; the name of its folder may tell which generation it is."""
    files = _in_folder(path.parent)
    if files(path.name) is None:
        raise _no_registry(source)
    return Catalog(source, _FOLDERS.get(path.absolute().parent.name), PurePosixPath(path.name), files)


def _in_folder(folder: Path) -> _Files:
    def content(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MissingError(f"{folder / path} cannot be read: {error.strerror}.") from None

    return content


def _generations(source: str, files: _Files) -> Iterator[Catalog]:
    is_none = True
    for version in RepositoryVersion:
        if files(str(version.garden.apps)) is not None:
            is_none = False
            yield Catalog(source, version, version.garden.apps, files)
    if is_none:
        raise _no_registry(source)


def _no_registry(source: str) -> MissingError:
    return MissingError(
        f"{source} has no garden/default/apps.json, nor one of another generation.",
        "Name a registry: what `catalog build` makes, an unpacked bundle, or the address of one.",
    )
