"""Where an image is: the registry's host, the repository in it, and the name of the manifest there.

The rules are those of distribution/reference: a name without a host is Docker Hub's.
"""

from __future__ import annotations

from msgspec import Struct

from catalog.model.image_ref import ImageRef
from catalog.registry.image_names import qualified
from catalog.remote.address import Origin, origin_of

HUB = "docker.io"
_HUB_API = "registry-1.docker.io"


class Place(Struct, frozen=True):
    """One manifest of a registry; `manifest` is a digest or a tag."""

    host: str
    repository: str
    manifest: str

    @property
    def is_pinned(self) -> bool:
        """Whether it is named by its digest."""
        return ":" in self.manifest

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}{'@' if self.is_pinned else ':'}{self.manifest}"


def place_of(ref: str) -> Place:
    """Where the image of a reference is.

    Raises:
        ValueError: `ref` is not an image reference.
    """
    full, digest = ImageRef.parse(qualified(ref)), ImageRef.parse(ref).digest
    return Place(full.registry, full.repository, digest or full.tag)


def origins_of(host: str, plain: frozenset[str] = frozenset()) -> tuple[Origin, ...]:
    """Where a registry's API may be, in the order in which it is tried.

    As engines have it, only a registry on this machine, or one of `plain`, may do without TLS.

    Raises:
        ValueError: the host cannot be one.
    """
    secure = origin_of(f"https://{_HUB_API if host == HUB else host}")
    if secure.is_loopback or host in plain:
        return (origin_of(f"http://{host}"), secure)
    return (secure,)
