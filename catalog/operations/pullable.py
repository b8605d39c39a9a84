"""Who can say which images are where a platform pulls them from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from catalog.errors import IntegrityError, UsageError
from catalog.operations.registry_access import open_registries
from catalog.remote.failures import RefusedImageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from catalog.remote.oci_registry import ImageRegistries


class PullableImages(Protocol):
    """Knows the registries that images are pulled from."""

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Those of the references that cannot be pulled, each with the reason.

        Raises:
            MissingError: a registry cannot be asked.
        """


class RegistryImages:
    """Asks the registries themselves."""

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Those of the references that cannot be pulled, each with the reason."""
        with open_registries() as registries:
            reasons = {ref: why_missing(registries, ref) for ref in refs}
        return {ref: reason for ref, reason in reasons.items() if reason}


class ImagesToCome:
    """Asks others, except for images that will have been published by then."""

    def __init__(self, others: PullableImages, coming: frozenset[str]) -> None:
        self._others = others
        self._coming = coming

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        """Those of the references that neither can be pulled nor will come, each with the reason."""
        return self._others.missing([ref for ref in refs if ref not in self._coming])


def why_missing(registries: ImageRegistries, ref: str) -> str:
    """Why nobody can pull an image; empty if it can be pulled.

    Raises:
        MissingError: its registry cannot be asked.
    """
    try:
        found = registries.manifest_of(ref)
    except (UsageError, IntegrityError, RefusedImageError) as error:
        return error.message
    return "" if found else "its registry has no such image"


def pullable_images() -> PullableImages:
    """Who asks the registries themselves."""
    return RegistryImages()
