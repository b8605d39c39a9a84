"""Decides which image a service runs on the platform: ours at the extension's version, others as declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.appgarden.images import belongs, default_image, in_namespace, parsed
from catalog.appgarden.interpolation import UnresolvedVariableError, resolved, split
from catalog.appgarden.mounts import default_hint
from catalog.appgarden.sections import wrong_form
from catalog.model import codes
from catalog.model.version import parse_version

if TYPE_CHECKING:
    from catalog.appgarden.development import Service
    from catalog.appgarden.place import Found
    from catalog.model.image_ref import ImageRef

_STAGE_SUFFIXES = ("-dev", "-stage")


def service_image(service: Service) -> Found[str | None]:
    """The image of `service`; None after an error."""
    declared, build = service.data.get("image"), service.data.get("build")
    if not isinstance(build, str | dict | None):
        yield wrong_form(build, service.place / "build", "a folder or a mapping")
    if declared is None and build is None:
        message = f"The service {service.name!r} has neither an image nor a build section."
        yield service.place.finding(codes.IMAGE_MISSING, message, "Give it an image, or a build section.")
        return None
    text = yield from _declared(service)
    if text is None:
        return None
    ref = parsed(text)
    if ref is None:
        message = f"The service {service.name!r} has the image {text!r}, which is not an image reference."
        hint = "Write registry/name:tag, such as docker.io/library/redis:7-alpine."
        yield (service.place / "image").finding(codes.IMAGE_INVALID, message, hint)
        return None
    return (yield from (_built(service, ref) if build is not None else _taken(service, ref)))


def _declared(service: Service) -> Found[str | None]:
    """The reference as declared, variables resolved; the default name where there is only a build section."""
    development, declared = service.development, service.data.get("image")
    if declared is None:
        return default_image(development.organization, development.extension, service.name)
    if not isinstance(declared, str):
        yield wrong_form(declared, service.place / "image", "an image reference")
        return None
    try:
        return resolved(_without_tag_variable(declared) if "build" in service.data else declared).strip()
    except UnresolvedVariableError as error:
        message = f"The image of the service {service.name!r} needs the variable {error.name}."
        hint = default_hint(error.name)
        yield (service.place / "image").finding(codes.VARIABLE_UNRESOLVED, message, hint)
        return None


def _without_tag_variable(image: str) -> str:
    """`name:${TAG}` as `name`: the tag of an image that is built here is replaced anyway."""
    *name, tag = split(image)
    return ":".join(name) if name and "$" in tag and "/" not in tag else image


def _built(service: Service, ref: ImageRef) -> Found[str | None]:
    """The image of a service that is built here: the declared name at the extension's version."""
    if ref.digest and not ref.tag:
        return str(ref)
    tag = service.development.tag
    if tag is None:
        message = (
            f"The image {ref.name!r} of the service {service.name!r} cannot be tagged with the version "
            f"{service.development.version!r}."
        )
        hint = "Write the version in kamiwaza.json without build metadata, such as 1.0.0 or 1.0.0-rc.1."
        yield service.place.finding(codes.NO_VERSION_FOR_IMAGE, message, hint)
        return None
    return str(ref.with_tag(tag))


def _taken(service: Service, ref: ImageRef) -> Found[str | None]:
    """The image of a service that is not built here: retagged only if ours at an old tag."""
    development = service.development
    if not in_namespace(ref, development.organization):
        return str(ref)
    is_pinned = bool(ref.digest and not ref.tag)
    if belongs(ref, development.extension, development.organization) and not is_pinned:
        if development.tag is None or _is_outdated(ref.tag, development.version):
            return (yield from _built(service, ref))
        if ref.tag == development.tag:
            return str(ref)
    message = f"The service {service.name!r} takes {str(ref)!r} of our namespace; its tag was kept."
    hint = f"Give the service a build section, or make sure that {ref} is published."
    yield (service.place / "image").finding(codes.OWN_IMAGE_KEPT, message, hint)
    return str(ref)


def _is_outdated(tag: str, version: str) -> bool:
    """Whether `tag` stands for this version in another spelling, for an older one, or for none."""
    if tag in {"", "latest"}:
        return True
    bare = tag.removeprefix("v")
    for suffix in _STAGE_SUFFIXES:
        bare = bare.removesuffix(suffix)
    try:
        is_older_or_same = parse_version(bare) <= parse_version(version)
    except ValueError:
        return False
    return is_older_or_same and tag != f"v{version}"
