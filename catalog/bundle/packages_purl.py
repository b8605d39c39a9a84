"""Names packages by package URLs (purl), as vulnerability databases know them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.bundle.packages_value import Package, System


def purl_of(package: Package, system: System | None) -> str | None:
    """The package URL; None where the name is not one that a package URL can hold.

    Packages of a distribution have the qualifiers `arch`, `distro` and, where they were built from a package
    of another name or version, `upstream`, as scanners expect them.
    """
    from packageurl import PackageURL  # noqa: PLC0415  only bundles need it

    try:
        if package.kind in {"deb", "apk"}:
            namespace = system.id if system else None
            qualifiers = _qualifiers(package, system)
            url = PackageURL(package.kind, namespace, package.name, package.version or None, qualifiers)
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
    found = {"arch": package.arch, "distro": distro, "upstream": f"{source}{version}"}
    return {key: value for key, value in found.items() if value}
