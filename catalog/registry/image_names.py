"""The names that an image has in a bundle: as the catalogs write it, in full, and in a private registry.

The full form is the one of distribution/reference: `docker.io/library/nginx:alpine`.
"""

from __future__ import annotations

from msgspec.structs import replace

from catalog.model.image_ref import ImageRef
from catalog.registry.layout import REGISTRY_PLACEHOLDER

_HUB = "docker.io"
_HUB_HOSTS = frozenset({"", _HUB, "index.docker.io", "registry-1.docker.io"})
_LATEST = "latest"


def loadable(text: str) -> str:
    """The reference as a bundle's catalogs write it: by tag, since Docker loses a digest on loading.

    `repo:tag@sha256:…` becomes `repo:tag`, `repo@sha256:<hex>` becomes `repo:sha256-<hex>`; others stay.
    What is no reference stays as it is.
    """
    try:
        ref = ImageRef.parse(text)
    except ValueError:
        return text
    if not ref.digest:
        return text
    return str(ref.with_tag(ref.tag or ref.digest.replace(":", "-", 1)))


def qualified(text: str) -> str:
    """The reference in full, with registry, namespace and tag, and without a digest.

    Raises:
        ValueError: `text` is not an image reference.
    """
    ref = ImageRef.parse(loadable(text))
    if ref.registry in _HUB_HOSTS:
        repository = ref.repository if "/" in ref.repository else f"library/{ref.repository}"
        ref = replace(ref, registry=_HUB, repository=repository)
    return str(replace(ref, registry=ref.registry.lower(), tag=ref.tag or _LATEST))


def in_full(text: str) -> str:
    """As `qualified`; what is no reference stays as it is."""
    try:
        return qualified(text)
    except ValueError:
        return text


def published(text: str, organization: str, images: str) -> str:
    """The name under which an image is published: one of `organization` lies in `images`, if that is given.

    `images` is a registry with a namespace, such as `registry.acme.test/acme`. What is another's, or no
    reference, stays as it is.
    """
    try:
        ref = ImageRef.parse(text)
    except ValueError:
        return text
    name = ref.repository if ref.registry in _HUB_HOSTS else ref.name
    if not images or not name.startswith(f"{organization}/"):
        return text
    return images + text[text.index(f"{organization}/") + len(organization) :]


def relocated(text: str) -> str:
    """The name in a private registry whose address takes the place of `@REGISTRY@`; no two images share one.

    What is no reference stays as it is.
    """
    try:
        ref = ImageRef.parse(qualified(text))
    except ValueError:
        return text
    host = ref.registry.replace("[", "ipv6-").replace("]", "").replace("::", "-0-")
    return f"{REGISTRY_PLACEHOLDER}/{host.replace(':', '__')}/{ref.repository}:{ref.tag}"
