"""Says what the workspace notes of an image that the engine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.model.image_ref import ImageRef
from catalog.registry.image_names import qualified
from catalog.workspace.image_facts import ImageFacts

if TYPE_CHECKING:
    from catalog.engine.engine import LocalImage


def local_facts(image: LocalImage) -> ImageFacts:
    """Size, platform, and the digest that the image's own repository knows it by, if it has been there."""
    return ImageFacts(image.size, image.platform, next(iter(digests_in(image.ref, image)), None))


def digests_in(name: str, image: LocalImage) -> tuple[str, ...]:
    """The digests by which the repository of the reference `name` knows the image.

    The engine lists those of every repository that the image has been in, in short or in full. A mirror
    may have packed the same layers otherwise, so its digest says nothing about the others.
    """
    repository = _repository(name)
    known = (digest.rpartition("@") for digest in image.repo_digests)
    return tuple(digest for there, _, digest in known if repository and _repository(there) == repository)


def _repository(name: str) -> str:
    try:
        return ImageRef.parse(qualified(name)).name
    except ValueError:  # podman's <none>
        return ""
