"""Where package databases lie in an image, and how each is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle import packages_parse
from catalog.bundle.packages_rpm import rpm

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.bundle.packages_value import Package

_KIB, _MIB = 1024, 1024 * 1024

OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
"""In the order in which they are looked for."""
MAX_OS_RELEASE = 64 * _KIB


class Place(Struct, frozen=True):
    """A kind of database: `parse` reads its first `limit` bytes, or raises DatabaseError.

    A file with more than that is read only where its `head` is enough.
    """

    name: str
    limit: int
    parse: Callable[[bytes], tuple[Package, ...]]
    head: bool = False


_DPKG = Place("dpkg", 16 * _MIB, packages_parse.dpkg)
_APK = Place("apk", 16 * _MIB, packages_parse.apk)
_PYTHON = Place("Python", 64 * _KIB, packages_parse.python, head=True)
_NPM = Place("npm", 1 * _MIB, packages_parse.package_json)
_RPM = Place("rpm", 128 * _MIB, rpm)
_DPKG_PARTS = "var/lib/dpkg/status.d/"
_FIXED = {
    "var/lib/dpkg/status": _DPKG,
    "lib/apk/db/installed": _APK,
    "usr/lib/apk/db/installed": _APK,
    "var/lib/rpm/rpmdb.sqlite": _RPM,
    "usr/lib/sysimage/rpm/rpmdb.sqlite": _RPM,
}
_NPM_ROOT = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json")
_OLD_RPM = re.compile(r"(?:var/lib/rpm|usr/lib/sysimage/rpm)/(?:Packages|Packages\.db|rpmdb\.sqlite-wal)")


def place_of(path: str) -> Place | None:
    """Which database the file at `path` is, if it is one."""
    if path.endswith("/package.json"):
        return _NPM if _NPM_ROOT.fullmatch(path) else None
    if path.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO")):
        return _PYTHON
    if path.startswith(_DPKG_PARTS):
        return None if path.endswith(".md5sums") else _DPKG
    return _FIXED.get(path)


def unread_database(path: str, size: int) -> str:
    """What is not read at `path`, of `size` bytes, as a sentence; empty when it is no such database."""
    return f"the rpm database {path} is not read" if size and _OLD_RPM.fullmatch(path) else ""
