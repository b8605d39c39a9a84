"""Names packages by package URLs (purl), as vulnerability databases know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.bundle.packages_value import Package, System

_VENDORS = {"rhel": "redhat"}
"""Who makes a distribution, where package URLs have another word for it than os-release."""


def purl_of(package: Package, system: System | None) -> str | None:
    """The package URL; None where the name is not one that a package URL can hold.

    Packages of a distribution have the qualifiers `arch`, `distro` and, where they were built from a package
    of another name or version, `upstream`, as scanners expect them.
    """
    from packageurl import PackageURL  # noqa: PLC0415  only bundles need it

    try:
        if package.kind in {"deb", "apk", "rpm"}:
            namespace = _VENDORS.get(system.id, system.id) if system else None
            qualifiers = _qualifiers(package, system)
            version = package.version.removeprefix(f"{_epoch(package)}:")
            url = PackageURL(package.kind, namespace, package.name, version or None, qualifiers)
        else:
            namespace, _, name = package.name.rpartition("/")
            url = PackageURL(package.kind, namespace or None, name, package.version or None)
        return url.to_string() if url.name else None  # a name of slashes is dropped without a word
    except ValueError:
        return None


def _qualifiers(package: Package, system: System | None) -> dict[str, str]:
    source = package.source or (package.name if package.source_version else "")
    version = f"@{package.source_version}" if package.source_version else ""
    distro = "-".join(part for part in (system.id, system.version) if part) if system else ""
    found = {
        "arch": package.arch,
        "distro": distro,
        "epoch": _epoch(package),
        "upstream": f"{source}{version}",
    }
    return {key: value for key, value in found.items() if value}


def _epoch(package: Package) -> str:
    """What package URLs of rpm packages have apart from the version; those of deb packages do not."""
    return package.version.partition(":")[0] if package.kind == "rpm" and ":" in package.version else ""
