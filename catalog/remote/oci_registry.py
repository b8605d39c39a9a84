"""What image registries have: an image's digest and platforms, recomputed from the bytes that they give."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol, Self

from msgspec import Struct

from catalog.errors import IntegrityError, UsageError
from catalog.remote.oci_documents import (
    INDEXES,
    MANIFESTS,
    MAX_CONFIG,
    MAX_DOCUMENT,
    Child,
    Manifest,
    digest_of,
    platform_of,
    read_document,
)
from catalog.remote.oci_place import Place, place_of
from catalog.remote.oci_session import OciSession
from catalog.remote.oci_standing import Standing

if TYPE_CHECKING:
    from catalog.remote.oci_transports import Access


class RemoteVariant(Struct, frozen=True):
    """An image for one platform: the digests of its manifest and its config, its bytes in the registry."""

    platform: str
    digest: str
    config: str
    bytes: int


class RemoteImage(Struct, frozen=True):
    """An image in a registry: the digest that its name stands for, and what there is for each platform."""

    ref: str
    digest: str
    variants: tuple[RemoteVariant, ...]
    is_list: bool = False

    @property
    def platforms(self) -> tuple[str, ...]:
        """What it runs on."""
        return tuple(variant.platform for variant in self.variants)

    @property
    def bytes(self) -> int:
        """Its size in the registry, over all platforms."""
        return sum(variant.bytes for variant in self.variants)

    def has(self, image_id: str) -> bool:
        """Whether it is, or contains, what an engine calls `image_id`.

        A classic store calls an image by its config's digest, containerd's by that of its manifest or list.
        """
        known = {self.digest}
        for variant in self.variants:
            known |= {variant.digest, variant.config}
        return image_id in known


class ImageRegistries(Protocol):
    """Who knows what the registries have."""

    def manifest_of(self, ref: str) -> RemoteImage | None:
        """The image that a reference stands for; None if its registry says that there is none.

        Raises:
            UsageError: `ref` is not an image reference, or the login to its registry is damaged.
            RefusedImageError: the registry does not let us see it, or has none and does not say so.
            MissingError: the registry cannot be asked: unreachable, busy, broken, or no registry.
            IntegrityError: what it gives is not what it says.
        """


class OciRegistries:
    """The registries themselves, asked over HTTP; to be closed, as a context manager does."""

    def __init__(self, access: Access) -> None:
        """Prepare; nothing is sent yet."""
        self._access = access
        self._open = ExitStack()
        self._sessions: dict[str, OciSession] = {}
        self._standings: dict[str, Standing] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def manifest_of(self, ref: str) -> RemoteImage | None:
        """The image that a reference stands for, as `ImageRegistries` has it."""
        place = _place(ref)
        standing = self._standings.setdefault(place.host, Standing(place.host))
        with standing.asked(str(place)):
            return self._image(ref, place)

    def _image(self, ref: str, place: Place) -> RemoteImage | None:
        found = self._document(place)
        if found is None:
            return None
        digest, document = found
        if isinstance(document, Manifest):
            return RemoteImage(ref, digest, (self._variant(place, digest, document, ""),))
        variants = tuple(self._listed(place, child) for child in document)
        return RemoteImage(ref, digest, variants, is_list=True)

    def _listed(self, place: Place, child: Child) -> RemoteVariant:
        """The image for one platform of a list, which must be there if the list is to be pulled."""
        own = Place(place.host, place.repository, child.digest)
        found = self._document(own)
        if found is None:
            raise IntegrityError(
                f"{place} lists {child.digest} for {child.platform or 'some platform'}, which is not there.",
                "Push the image again.",
            )
        digest, document = found
        if not isinstance(document, Manifest):
            raise IntegrityError(f"{place} lists another list, which engines do not pull.", "Push it again.")
        return self._variant(own, digest, document, child.platform)

    def _document(self, place: Place) -> tuple[str, Manifest | tuple[Child, ...]] | None:
        accept = INDEXES + MANIFESTS
        answer = self._session(place.host).read(place.repository, f"manifests/{place.manifest}", accept)
        if answer is None:
            return None
        content = _bounded(answer.body, MAX_DOCUMENT, str(place))
        digest = _checked(content, place.manifest if place.is_pinned else "", str(place))
        return digest, read_document(content, answer.content_type, str(place))

    def _variant(self, place: Place, digest: str, manifest: Manifest, platform: str) -> RemoteVariant:
        if not platform:
            answer = self._session(place.host).read(place.repository, f"blobs/{manifest.config}")
            if answer is None:
                raise IntegrityError(f"The config of {place} is not there.", "Push the image again.")
            content = _bounded(answer.body, MAX_CONFIG, f"The config of {place}")
            _checked(content, manifest.config, f"The config of {place}")
            platform = platform_of(content, str(place))
        return RemoteVariant(platform, digest, manifest.config, manifest.bytes)

    def _session(self, host: str) -> OciSession:
        if host not in self._sessions:
            self._sessions[host] = self._open.enter_context(OciSession(host, self._access))
        return self._sessions[host]


def _place(ref: str) -> Place:
    try:
        return place_of(ref)
    except ValueError as error:
        raise UsageError(f"{error}.", "Write it as registry.acme.test/name:tag.") from None


def _bounded(content: bytes, limit: int, what: str) -> bytes:
    if len(content) > limit:
        raise IntegrityError(
            f"{what} has more than {limit:,} bytes.", "No image has so many; look who made it."
        )
    return content


def _checked(content: bytes, digest: str, what: str) -> str:
    """The digest of the content, which is `digest` if one is given."""
    found = digest_of(content, digest or "sha256:")
    if digest and found != digest:
        raise IntegrityError(
            f"{what} has the digest {found}, not the one that it is called by.",
            "Something between here and the registry changes what it gives.",
        )
    return found
