"""Every file and folder name of registry, website and bundle, and the one Content-Security-Policy.

The scripts in `bundle/` know the same names; a test holds them against this module.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath

from msgspec import Struct

REGISTRY_ROOT = "kamiwaza-extension-registry"
"""The top directory of the build and of every bundle; the platform's installers expect this name."""

GARDEN = PurePosixPath("garden")
APPS_FILE = "apps.json"
TOOLS_FILE = "tools.json"
SITE = PurePosixPath("site")
INDEX = PurePosixPath("index.html")
SERVER_FILE = "serve-registry.py"
HELPER_FILES = (
    "package-setup.sh",
    "bundle-verify.sh",
    "bundle-images.sh",
    "bundle-notes.sh",
    SERVER_FILE,
    "registry_certificates.py",
    "kamiwaza-registry.service",
    "nginx.conf.example",
    "Caddyfile.example",
    "README.md",
    "kamiwaza-registry.env.template",
)
"""What `bundle/` puts at the root of every registry."""
EXECUTABLE_HELPERS = frozenset({"package-setup.sh", SERVER_FILE})

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)
"""For the `<meta>` of every page, where `frame-ancestors` has no effect."""
CONTENT_SECURITY_POLICY_HEADER = f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'none'"
"""The same for the server's header."""


class RepositoryVersion(StrEnum):
    """Which generation of the catalog's folder and fields is written."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"

    @property
    def garden(self) -> Garden:
        """Where this generation keeps its files."""
        return _GARDENS[self]


class Garden(Struct, frozen=True):
    """The folder of one catalog generation; `pictures_url` goes in front of a picture's name in an entry."""

    folder: PurePosixPath
    pictures: PurePosixPath
    pictures_url: str

    @property
    def apps(self) -> PurePosixPath:
        """The catalog of apps and services."""
        return self.folder / APPS_FILE

    @property
    def tools(self) -> PurePosixPath:
        """The catalog of tools."""
        return self.folder / TOOLS_FILE


_DEFAULT = GARDEN / "default"
_GARDENS = {
    RepositoryVersion.V1: Garden(
        _DEFAULT, _DEFAULT / "app-garden-images", "/garden/default/app-garden-images/"
    ),
    RepositoryVersion.V2: Garden(GARDEN / "v2", GARDEN / "v2" / "images", "images/"),
    RepositoryVersion.V3: Garden(GARDEN / "v3", GARDEN / "v3" / "images", "images/"),
}

BUNDLE_MANIFEST = PurePosixPath("bundle.json")
SUMS = PurePosixPath("SHA256SUMS")
SUMS_SIGNATURE = PurePosixPath("SHA256SUMS.sig")
BUNDLE_HEAD = (BUNDLE_MANIFEST, SUMS, SUMS_SIGNATURE)
"""The first members of a bundle, in this order; the last one only when it is signed."""
IMAGES = PurePosixPath("docker-images")
"""Within a garden: the images of a bundle."""
BLOBS = PurePosixPath("blobs/sha256")
IMAGES_TABLE = "images.tsv"
RELOCATE = PurePosixPath("relocate")
SBOM = PurePosixPath("sbom")
PROVENANCE = PurePosixPath("provenance.json")
INSTALLATION = ("kamiwaza-registry.env", "state")
"""What an installation adds to an unpacked bundle; no verifier looks at it."""
REGISTRY_PLACEHOLDER = "@REGISTRY@"
BUNDLE_STEM = "kamiwaza-registry"
