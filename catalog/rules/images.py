"""Rules about image references: that they parse, and that their tags say which image is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog.appgarden.images import belongs, in_namespace, parsed
from catalog.model import codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.appgarden.place import Place
    from catalog.model.finding import Finding
    from catalog.rules.subject import Subject

_STAGE_SUFFIXES = ("-dev", "-stage")


def manifest_image_follows_version(subject: Subject) -> Iterator[Finding]:
    """The `image` of a manifest, if it is of our namespace, has the version as its tag, or none."""
    ref, version = parsed(subject.manifest.image or ""), subject.manifest.version
    if ref is None or ref.digest or ref.tag in {"", version}:
        return
    if not in_namespace(ref, subject.organization):
        return
    message = f"The image has the tag {ref.tag!r}, {_oddness(ref.tag, version)}."
    hint = f'Write "image": "{ref.name}": every stage then gives it the right tag.'
    yield (subject.manifest_place / "image").finding(codes.IMAGE_TAG_ODD, message, hint)


def _oddness(tag: str, version: str) -> str:
    if tag.endswith(_STAGE_SUFFIXES):
        return "which belongs to one stage only"
    if tag.removeprefix("v") == version:
        return "but published images have no 'v' in front of their version"
    return f"but the version is {version}"


def handwritten_images_follow_version(subject: Subject) -> Iterator[Finding]:
    """Our own images in an App Garden file that is written by hand have the tag that a local build gives."""
    tag = f"v{subject.manifest.version}"
    for service in subject.handwritten_services:
        ref = parsed(_text(service.data.get("image")))
        if ref is None or ref.digest or ref.tag == tag:
            continue
        if belongs(ref, subject.extension.name, subject.organization):
            message = (
                f"The service {service.name!r} takes {ref}, but this version's image is {ref.name}:{tag}."
            )
            hint = f"Write image: {ref.with_tag(tag)}."
            yield (service.place / "image").finding(codes.IMAGE_TAG_ODD, message, hint)


def handwritten_images_parse(subject: Subject) -> Iterator[Finding]:
    """Images in an App Garden file that is written by hand are plain references, without variables."""
    for service in subject.handwritten_services:
        image = service.data.get("image")
        if image is not None and parsed(_text(image)) is None:
            message = (
                f"The service {service.name!r} has the image {image!r}, which is not an image reference."
            )
            hint = "Write registry/name:tag, such as docker.io/library/redis:7-alpine, without variables."
            yield (service.place / "image").finding(codes.APPGARDEN_IMAGE_INVALID, message, hint)


def foreign_images_are_pinned(subject: Subject) -> Iterator[Finding]:
    """Images of others have a tag that keeps its meaning, so that two sites run the same."""
    for text, place in _images(subject):
        ref = parsed(text)
        if ref is None or ref.digest or ref.tag not in {"", "latest"}:
            continue
        if not belongs(ref, subject.extension.name, subject.organization):
            which = "the tag latest" if ref.tag else "no tag"
            message = f"The image {text} has {which}, so it is another one from day to day."
            hint = f"Name a version, such as {ref.name}:1.2.3."
            yield place.finding(codes.IMAGE_UNPINNED, message, hint)


def _images(subject: Subject) -> Iterator[tuple[str, Place]]:
    manifest, place = subject.manifest, subject.manifest_place
    if manifest.image:
        yield manifest.image, place / "image"
    for index, image in enumerate(manifest.extra_docker_images or ()):
        yield image, place / "extra_docker_images" / index
    for service in subject.services:
        yield _text(service.data.get("image")), service.place / "image"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
