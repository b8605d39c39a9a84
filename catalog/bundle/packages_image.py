"""Lays the layers of an image upon one another: which packages are there in the end."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.packages_places import OS_RELEASE, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from catalog.bundle.packages_value import LayerEntry, LayerPackages, Package, System

_MAX_LINKS = 40


class ImagePackages(Struct, frozen=True):
    """What an image holds: packages with the files that say so, its distribution, what could not be read."""

    system: System | None
    packages: Mapping[Package, tuple[str, ...]]
    gaps: tuple[str, ...]


def packages_of(layers: Sequence[LayerPackages]) -> ImagePackages:
    """The packages of an image with these `layers`, the base first."""
    tree = _Tree()
    for layer in layers:
        tree.lay(layer)
    found: dict[Package, list[str]] = {}
    for path in sorted(tree.files):
        for package in tree.files[path].packages:
            found.setdefault(package, []).append(path)
    gaps = [gap for layer in layers for gap in layer.gaps] + list(tree.unread_links())
    packages = {package: tuple(dict.fromkeys(paths)) for package, paths in found.items()}
    return ImagePackages(tree.system(), packages, tuple(dict.fromkeys(gaps)))


class _Tree:
    """The databases and the links of an image, by path."""

    def __init__(self) -> None:
        self.files: dict[str, LayerEntry] = {}
        self.links: dict[str, str] = {}

    def lay(self, layer: LayerPackages) -> None:
        """Put a layer on top; what it takes away goes first, since that only ever concerns layers below."""
        below = sorted({*self.files, *self.links})
        for path in (*layer.emptied, *layer.removed):  # a folder that hides what was there is a real folder
            self._remove(self._placed(path), below)
        for entry in layer.entries:
            self._put(entry, below)

    def system(self) -> System | None:
        """The distribution; None when no os-release names one."""
        found = (self.files.get(self._resolved(path)) for path in OS_RELEASE)
        return next((entry.system for entry in found if entry and entry.system), None)

    def unread_links(self) -> Iterator[str]:
        """A sentence for each database that is a link to a file which is not read as one."""
        for path in sorted(self.links):
            if place_of(path) and self._resolved(path) not in self.files:
                yield f"{path} is a link to {self.links[path]}, which is not read"

    def _put(self, entry: LayerEntry, below: Sequence[str]) -> None:
        path = self._placed(entry.path)
        if entry.kind == "folder":
            self.links.pop(path, None)
            self.files.pop(path, None)
            return
        self._remove(path, below)
        if entry.kind == "link":
            self.links[path] = entry.target
        elif entry.kind == "database":
            self.files[path] = entry

    def _remove(self, path: str, below: Sequence[str]) -> None:
        for gone in (path, *_within(path, below)):
            self.files.pop(gone, None)
            self.links.pop(gone, None)

    def _placed(self, path: str) -> str:
        """Where a member called `path` comes to lie: links in front of its own name are followed."""
        folder, slash, name = path.rpartition("/")
        return posixpath.join(self._resolved(folder), name) if slash else path

    def _resolved(self, path: str) -> str:
        """The path with all its links followed; unchanged when they lead in a circle."""
        found: list[str] = []  # each folder on the way, as a whole path
        waiting = path.split("/")[::-1]
        links = 0
        while waiting:
            part = waiting.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                del found[-1:]
                continue
            here = f"{found[-1]}/{part}" if found else part
            target = self.links.get(here)
            if target is None:
                found.append(here)
                continue
            links += 1
            if links > _MAX_LINKS:
                return path
            if target.startswith("/"):
                found = []
            waiting += target.split("/")[::-1]
        return found[-1] if found else ""


def _within(folder: str, paths: Sequence[str]) -> Iterator[str]:
    """Those of the sorted `paths` that lie in the folder, which is empty for the root."""
    start = f"{folder}/" if folder else ""
    for number in range(bisect_left(paths, start), len(paths)):
        if not paths[number].startswith(start):
            return
        yield paths[number]
