"""Finds the images in an engine's archive, and proves that each is whole and the one that was asked for.

`manifest.json` says which members are an image's layers, its config (known by digest) what they must be. The
OCI manifests are not asked for layers: those of Docker 25.0.0 have none, or the wrong order (moby#47065,
moby#47161).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from catalog.bundle.archive_contents import BLOB, INDEX, MANIFEST
from catalog.bundle.archive_reader import HINT
from catalog.bundle.image_config import ImageConfig, parse_json
from catalog.engine.inspection import same_platform
from catalog.errors import IntegrityError, MissingError
from catalog.registry.image_names import in_full

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.bundle.archive_contents import ArchiveContents
    from catalog.engine.engine import LocalImage

_CONFIG_NAME = re.compile(r"(?:blobs/sha256/)?([0-9a-f]{64})(?:\.json)?")


class ArchivedImage(Struct, frozen=True):
    """An image as an archive has it: the exact `config` and what it says, layers by member name, full names.

    `is_certain` says that digests lead from the engine's image ID to this config.
    """

    digest: str
    config: bytes
    facts: ImageConfig
    layers: tuple[str, ...]
    names: frozenset[str]
    is_certain: bool = False


class ArchivedImages:
    """The images of one archive.

    Args:
        contents: everything that was in it.
        source: what it is, as it begins a sentence.

    Raises:
        IntegrityError: its `manifest.json` is missing or senseless, or a config is not what it should be.
    """

    def __init__(self, contents: ArchiveContents, source: str) -> None:
        self._contents = contents
        self._source = source
        self._images = list(self._entries())

    def checked(self, wanted: LocalImage, platform: str | None) -> ArchivedImage:
        """The image, every layer of which has been seen with the right digest.

        Raises:
            IntegrityError: it is not in the archive, or not whole.
            MissingError: it is for another platform than `platform`.
        """
        image = self._find(wanted)
        found = image.facts.platform
        if platform and not same_platform(found, platform):
            raise MissingError(
                f"The engine has {wanted.ref} for {found}, not for {platform}.",
                f"Fetch it for that: docker pull --platform {platform} {wanted.ref}",
            )
        self._check_layers(image, wanted.ref)
        return image

    def _entries(self) -> Iterator[ArchivedImage]:
        content = self._contents.documents.get(MANIFEST)
        if content is None:
            raise self._refuse(f"has no {MANIFEST}")
        entries = parse_json(content, f"{MANIFEST} in the archive")
        if not isinstance(entries, list):
            raise self._refuse(f"has a {MANIFEST} that is not a list")
        for entry in entries:
            path, layers, names = self._read(entry)
            config = self._contents.documents.get(self._contents.resolve(path))
            if (
                config is not None
            ):  # else another platform's; whether one that is wanted is missing shows later
                digest = self._config_digest(path, config)
                facts = ImageConfig.parse(config, f"The config {digest}")
                yield ArchivedImage(digest, config, facts, layers, names)

    def _read(self, entry: Any) -> tuple[str, tuple[str, ...], frozenset[str]]:
        try:
            path, layers, tags = entry["Config"], entry.get("Layers") or [], entry.get("RepoTags") or []
            if all(isinstance(text, str) for text in (path, *layers, *tags)):
                return path, tuple(layers), frozenset(map(in_full, tags))
        except (KeyError, TypeError, AttributeError):
            pass
        raise self._refuse(f"has a {MANIFEST} in an unknown form")

    def _config_digest(self, path: str, config: bytes) -> str:
        named = _CONFIG_NAME.fullmatch(path)
        found = hashlib.sha256(config).hexdigest()
        if named is None or named[1] != found:
            raise self._refuse(f"has a config {path!r} whose content is sha256:{found}")
        return f"sha256:{found}"

    def _find(self, wanted: LocalImage) -> ArchivedImage:
        """By the image ID, which is a digest; else by name, if the layers are those that were inspected."""
        certain = {wanted.image_id, *self._configs_of(wanted.image_id)}
        alike = [image for image in self._images if image.facts.diff_ids == wanted.diff_ids]
        for image in alike:
            if image.digest in certain:
                return replace(image, is_certain=True)
        full = in_full(wanted.ref)
        named = [image for image in alike if not image.names or full in image.names]
        if len(named) == 1 and INDEX in self._contents.documents:  # without it, IDs are configs' digests
            return named[0]
        raise self._refuse(f"does not have {wanted.ref} as the engine described it ({wanted.image_id})")

    def _configs_of(self, image_id: str) -> set[str]:
        """The configs that a manifest or index leads to; blobs were hashed when they were read."""
        found, seen, ahead = set[str](), set[str](), [image_id]
        while ahead:
            digest = ahead.pop()
            content = self._contents.documents.get(BLOB + digest.removeprefix("sha256:"))
            if digest in seen or content is None:
                continue
            seen.add(digest)
            document = parse_json(content, f"The blob {digest}")
            below = document.get("manifests")
            ahead += map(_digest, below if isinstance(below, list) else ())
            found.add(_digest(document.get("config")))
        return found

    def _check_layers(self, image: ArchivedImage, ref: str) -> None:
        diff_ids = image.facts.diff_ids
        if len(image.layers) != len(diff_ids):
            raise self._refuse(f"has {len(image.layers)} layers of {ref}, its config {len(diff_ids)}")
        for number, (name, diff_id) in enumerate(zip(image.layers, diff_ids, strict=True), 1):
            layer = self._contents.layers.get(self._contents.resolve(name))
            if layer is None:
                raise self._gap(f"layer {number} ({diff_id}, {name}) of {ref}", ref, image.facts.platform)
            if layer.diff_id != diff_id:
                raise self._refuse(f"has layer {number} of {ref} as {layer.diff_id}, its config as {diff_id}")

    def _gap(self, what: str, ref: str, platform: str) -> IntegrityError:
        return IntegrityError(
            f"{self._source} does not have {what}. Docker with the containerd store leaves out layers that "
            "it keeps only unpacked (moby#49473).",
            f"Fetch the image again: docker pull --platform {platform} {ref}. If that does not help, push it "
            "to a registry, remove it here and pull it from there.",
        )

    def _refuse(self, reason: str) -> IntegrityError:
        return IntegrityError(f"{self._source} {reason}.", HINT)


def _digest(descriptor: Any) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    return digest if isinstance(digest, str) else ""
