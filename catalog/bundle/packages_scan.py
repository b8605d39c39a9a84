"""Reads a layer from its first member to its last, and notes what concerns packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.bundle import layer_files, packages_parse
from catalog.bundle.packages_places import MAX_OS_RELEASE, OS_RELEASE, place_of, unread_database
from catalog.bundle.packages_value import LayerEntry, LayerPackages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.bundle.layer_files import LayerMember
    from catalog.bundle.packages_places import Place
    from catalog.bundle.packages_value import Package
    from catalog.bundle.packed import Layer

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_REGULAR, _HARD_LINK, _LINK, _FOLDER = b"0\x007", b"1", b"2", b"5"
_MAX_ENTRIES = 500_000
_MAX_PLAIN = 20_000
_MAX_PATH = 4096


def read_layer(layer: Layer) -> LayerPackages:
    """The packages of a layer, read from its tar.

    Raises:
        IntegrityError: the stored blob is damaged.
        MissingError: it cannot be read.
    """
    scan = _Scan(layer, {})
    if scan.linked:
        scan = _Scan(layer, scan.linked)
    return LayerPackages(
        diff_id=layer.diff_id,
        removed=tuple(dict.fromkeys(scan.removed)),
        emptied=tuple(dict.fromkeys(scan.emptied)),
        entries=tuple(scan.entries.values()),
        gaps=tuple(dict.fromkeys(scan.gaps)),
    )


_Read = dict[str, "tuple[Package, ...] | packages_parse.DatabaseError"]
"""What a file holds, by the kind of database: one that has thousands of names is read once."""


class _Scan:
    """One reading of a layer.

    A database may be a hard link to a file that does not look like one. Such databases are in `linked`, by
    the path of that file; a second reading is given them as `sources`.
    """

    def __init__(self, layer: Layer, sources: Mapping[str, list[str]]) -> None:
        self.sources = sources
        self.linked: dict[str, list[str]] = {}
        self.removed: list[str] = []
        self.emptied: list[str] = []
        self.entries: dict[str, LayerEntry] = {}
        self.packages = 0
        self.gaps: list[str] = []
        try:
            for member in layer_files.members(layer.blob, self._wanted):
                self._take(member)
        except layer_files.LayerFormatError as error:
            self.gaps.append(f"the layer {layer.diff_id} {error}; what follows in it is unknown")

    def _wanted(self, path: str) -> int:
        if path in OS_RELEASE:
            return MAX_OS_RELEASE
        names = [path, *self.sources.get(path, ())]
        return max(place.limit if (place := place_of(name)) else 0 for name in names)

    def _take(self, member: LayerMember) -> None:
        if len(member.path) > _MAX_PATH or len(member.target) > _MAX_PATH:
            return  # Linux has no such file
        folder, slash, name = member.path.rpartition("/")
        if name == _OPAQUE:
            self.emptied.append(folder)
        elif name.startswith(_WHITEOUT):
            self.removed.append(f"{folder}{slash}{name.removeprefix(_WHITEOUT)}")
        elif member.kind == _LINK:
            self._put(LayerEntry(kind="link", path=member.path, target=member.target))
        elif member.kind == _HARD_LINK:
            self._take_hard_link(member)
        elif member.kind in _REGULAR:
            self._take_file(member)
        else:
            self._put_plain(member)

    def _put(self, entry: LayerEntry) -> None:
        before = self.entries.pop(entry.path, None)  # of two members with one name, the last stays
        self.packages += len(entry.packages) - (len(before.packages) if before else 0)
        if self.packages > packages_parse.MAX_PACKAGES:
            raise layer_files.LayerFormatError(f"has more than {packages_parse.MAX_PACKAGES:,} packages")
        self.entries[entry.path] = entry
        if len(self.entries) > _MAX_ENTRIES:
            raise layer_files.LayerFormatError(f"has more than {_MAX_ENTRIES:,} links and package files")

    def _put_plain(self, member: LayerMember) -> None:
        """Note what may stand where a layer below has a folder of packages, or a link to one."""
        folder = member.path.rpartition("/")[0]
        depth = 2 if member.kind == _FOLDER else 1
        if member.path.count("/") > depth and not folder.endswith("node_modules"):
            return
        if len(self.entries) < _MAX_PLAIN:
            self._put(LayerEntry(kind="folder" if member.kind == _FOLDER else "file", path=member.path))

    def _take_hard_link(self, member: LayerMember) -> None:
        target = layer_files.clean_path(member.target)
        source = self.entries.get(target)
        if source and source.kind == "database":
            self._put(source.model_copy(update={"path": member.path}))
        elif place_of(member.path):
            self.linked.setdefault(target, []).append(member.path)

    def _take_file(self, member: LayerMember) -> None:
        read: _Read = {}
        for path in self.sources.get(member.path, ()):
            self._take_database(path, member, place_of(path), read)
        place = place_of(member.path)
        if member.path in OS_RELEASE:
            system = packages_parse.os_release(member.content)
            self._put(LayerEntry(kind="database", path=member.path, system=system))
        elif place:
            self._take_database(member.path, member, place, read)
        else:
            self._note_unread(member)
            self._put_plain(member)

    def _take_database(self, path: str, member: LayerMember, place: Place | None, read: _Read) -> None:
        if place is None:
            return
        if member.size > place.limit and not place.head:
            self.gaps.append(f"{path} has more than {place.limit:,} bytes, and what follows is not read")
        if place.name not in read:
            read[place.name] = _parsed(member, place)
        packages = read[place.name]
        if isinstance(packages, packages_parse.DatabaseError):
            self.gaps.append(f"the {place.name} database {path} cannot be read: {packages}")
            packages = ()
        self._put(LayerEntry(kind="database", path=path, packages=packages))

    def _note_unread(self, member: LayerMember) -> None:
        if gap := unread_database(member.path, member.size):
            self.gaps.append(gap)


def _parsed(member: LayerMember, place: Place) -> tuple[Package, ...] | packages_parse.DatabaseError:
    try:
        return place.parse(member.content[: place.limit])
    except packages_parse.DatabaseError as error:
        return error
