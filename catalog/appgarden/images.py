"""The images of a deployment: which there are, which are ours, and the same under another tag or digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog.appgarden.extends import resolved_services
from catalog.model import compose
from catalog.model.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from catalog.model.extension import Extension

_HUB_HOSTS = frozenset({"docker.io", "index.docker.io"})
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")
_SEPARATOR = re.compile(
    r"\.|__?|-+"
)  # what may stand between words of a repository, by distribution/reference


def service_images(data: Any) -> list[tuple[str, str]]:
    """The services of a deployment that have an image, each with its image, in their order."""
    found = ((name, service.get("image")) for name, service in compose.services(data).items())
    return [(name, image) for name, image in found if isinstance(image, str)]


def default_image(organization: str, extension_name: str, service: str) -> str:
    """The name, without a tag, of an image that is built but not named: `organization/extension-service`.

    What the grammar of repositories does not take becomes a hyphen, and letters become small ones.
    """
    words = f"{extension_name}-{service}".lower()
    name = _BETWEEN_WORDS.sub(lambda match: match[0] if _SEPARATOR.fullmatch(match[0]) else "-", words)
    return f"{organization}/{name.strip('-_.')}"


def belongs(ref: ImageRef, extension_name: str, organization: str) -> bool:
    """Whether the image's name says that it is the extension's own: `organization/extension[-service]`."""
    own = f"{organization}/{extension_name}"
    name = _hub_name(ref)
    return name == own or name.startswith(f"{own}-")


def in_namespace(ref: ImageRef, organization: str) -> bool:
    """Whether the image lies in the namespace `organization`."""
    return _hub_name(ref).startswith(f"{organization}/")


def owned_services(extension: Extension, organization: str, data: Any) -> set[str]:
    """The services of the deployment `data` whose image is ours: built here, or named as this extension's."""
    built = _built_services(extension)
    return {
        name
        for name, image in service_images(data)
        if name in built or _is_named_as_ours(image, extension.name, organization)
    }


def retag(data: dict[str, Any], owned: frozenset[str], tag: str) -> dict[str, Any]:
    """`data` with `tag` on the images of the services `owned`; one pinned by digest alone stays as it is."""

    def tagged(name: str, image: str) -> str:
        ref = parsed(image)
        is_fixed = ref is None or (ref.digest and not ref.tag)
        return image if name not in owned or ref is None or is_fixed else str(ref.with_tag(tag))

    return _with_images(data, tagged)


def pin(data: dict[str, Any], pins: Mapping[str, str]) -> dict[str, Any]:
    """`data` with every image that `pins` names replaced by what stands there for it."""
    return _with_images(data, lambda _, image: pins.get(image, image))


def parsed(image: str) -> ImageRef | None:
    """The image reference that `image` spells, None when it is none."""
    try:
        return ImageRef.parse(image)
    except ValueError:
        return None


def _with_images(data: dict[str, Any], change: Callable[[str, str], str]) -> dict[str, Any]:
    changed = {name: change(name, image) for name, image in service_images(data)}
    if not changed:
        return data
    services = {
        name: {**service, "image": changed[name]} if name in changed else service
        for name, service in data["services"].items()
    }
    return {**data, "services": services}


def _built_services(extension: Extension) -> set[str]:
    services = resolved_services(extension).items()
    return {name for name, service in services if service.get("build") is not None}


def _is_named_as_ours(image: str, extension_name: str, organization: str) -> bool:
    ref = parsed(image)
    return ref is not None and belongs(ref, extension_name, organization)


def _hub_name(ref: ImageRef) -> str:
    return ref.repository if ref.registry in _HUB_HOSTS else ref.name
