"""The images of a bundle: which are needed and by whom, and which of them the engine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from catalog.bundle.manifest import MissingImage
from catalog.engine.inspection import same_platform
from catalog.errors import FindingsError, MissingError
from catalog.model.quantity import quantity
from catalog.registry.image_names import loadable, qualified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from catalog.engine.engine import Engine, LocalImage
    from catalog.operations.prepare import Prepared
    from catalog.operations.progress import Progress


class NeededImage(Struct, frozen=True):
    """An image that a bundle needs.

    `ref` is what the engine is asked for, `full` its name in the bundle, `named` as the catalogs write it,
    `users` the extensions with their services (empty: the manifest names the image).
    """

    ref: str
    full: str
    named: str
    users: tuple[tuple[str, str], ...]

    @property
    def extensions(self) -> tuple[str, ...]:
        """Who needs it, each once."""
        return tuple(dict.fromkeys(extension for extension, _ in self.users))

    def as_missing(self) -> list[MissingImage]:
        """What the manifest says when it is not to be had."""
        return [
            MissingImage(ref=self.full, extension=extension, service=service)
            for extension, service in self.users
        ]


def needed_images(extensions: Sequence[Prepared]) -> tuple[NeededImage, ...]:
    """The images of these extensions, ordered by their full names.

    Raises:
        FindingsError: an image is no reference, or two different ones would get the same name.
    """
    users: dict[str, list[tuple[str, str]]] = {}
    refs: dict[str, str] = {}
    for extension in extensions:
        for use in extension.uses:
            full = _full(use.ref, extension.name)
            other = refs.setdefault(full, use.ref)
            if _digest(other) != _digest(use.ref):
                raise _same_name(full, other, use.ref)
            users.setdefault(full, []).append((extension.name, use.service))
    return tuple(
        NeededImage(refs[full], full, loadable(refs[full]), tuple(users[full]))
        for full in sorted(users, key=str.encode)
    )


def look_up(engine: Engine, needed: Sequence[NeededImage], platform: str) -> dict[str, LocalImage]:
    """Those of the needed images that the engine has, by their full names.

    Raises:
        MissingError: one is for another platform than `platform`, or the engine does not answer.
    """
    found = engine.inspect([image.ref for image in needed]) if needed else {}
    local = {image.full: found[image.ref] for image in needed if image.ref in found}
    strange = [
        image
        for image in needed
        if image.full in local and not same_platform(local[image.full].platform, platform)
    ]
    if strange:
        raise _other_platform(strange[0], local[strange[0].full].platform, platform)
    return local


def pull_missing(
    engine: Engine, missing: Sequence[NeededImage], platform: str, progress: Progress
) -> tuple[dict[str, LocalImage], dict[str, MissingError]]:
    """Fetch what can be fetched: the images by full name, and why the others could not be had."""
    refused = {}
    for done, image in enumerate(missing):
        progress.advance(f"Pulling {image.ref}", done, len(missing))
        try:
            engine.pull(image.ref, platform)
        except MissingError as error:
            refused[image.full] = error
    fetched = [image for image in missing if image.full not in refused]
    return look_up(engine, fetched, platform), refused


def missing_error(missing: Sequence[NeededImage], reasons: dict[str, MissingError]) -> MissingError:
    """What stops the packing: every image that is not there, and who needs it."""
    lines = [_line(image, reasons.get(image.full)) for image in missing]
    names = " ".join(dict.fromkeys(name for image in missing for name in image.extensions))
    return MissingError(
        f"{quantity(len(missing), 'image is', 'images are')} not there:\n" + "\n".join(lines),
        f"Build your own (catalog images build {names}), pull the others where there is internet, or leave "
        "them out with --allow-missing.",
    )


def _line(image: NeededImage, reason: MissingError | None) -> str:
    users = ", ".join(f"{name} (service {service})" if service else name for name, service in image.users)
    why = f": {reason.message}" if reason else ""
    return f"  {image.ref}, needed by {users}{why}"


def _full(ref: str, extension: str) -> str:
    try:
        return qualified(ref)
    except ValueError:
        raise FindingsError(
            f"Extension {extension} names {ref!r}, which is no image reference.",
            f"See what else there is: catalog validate {extension}",
        ) from None


def _digest(ref: str) -> str:
    return ref.partition("@")[2]


def _same_name(full: str, one: str, other: str) -> FindingsError:
    return FindingsError(
        f"{one} and {other} are different images, and both would be called {full} in the bundle.",
        "Give one of them another tag.",
    )


def _other_platform(image: NeededImage, found: str, wanted: str) -> MissingError:
    users: Iterable[str] = image.extensions
    return MissingError(
        f"The image {image.ref} (extension {', '.join(users)}) is for {found}, the bundle for {wanted}.",
        f"Fetch or build it for {wanted} (docker pull --platform {wanted} {image.ref}), "
        f"or pack for the other: catalog package --platform {found}",
    )
