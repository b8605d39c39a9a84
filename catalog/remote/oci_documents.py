"""Reads the documents of a registry, which nobody vouches for: manifests, lists of them, and configs.

The forms are those of the OCI image specification 1.1 and of Docker's schema 2.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.errors import IntegrityError

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
MAX_DOCUMENT = 4 * 1024 * 1024
"""What a registry must at least take (OCI distribution specification 1.1, "Pushing Manifests"), in bytes."""
MAX_CONFIG = 8 * 1024 * 1024
_MAX_CHILDREN = 128
_MAX_LAYERS = 1024
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_FOREIGN = "unknown"  # the platform of attestations, which are no images


class _Document(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class _PlatformValue(_Document):
    os: str = Field(min_length=1, max_length=64)
    architecture: str = Field(min_length=1, max_length=64)
    variant: str = Field("", max_length=64)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class _Descriptor(_Document):
    digest: str = Field(pattern=rf"^(?:{_DIGEST.pattern})$")
    size: int = Field(ge=0)
    platform: _PlatformValue | None = None


class _Manifest(_Document):
    config: _Descriptor
    layers: list[_Descriptor] = Field(max_length=_MAX_LAYERS)


class _Index(_Document):
    manifests: list[_Descriptor] = Field(max_length=_MAX_CHILDREN)


class Child(Struct, frozen=True):
    """A manifest that a list names; `platform` is empty if the list does not say it."""

    digest: str
    platform: str


class Manifest(Struct, frozen=True):
    """The manifest of one image: its config's digest, and the bytes of config and layers in the registry."""

    config: str
    bytes: int


def digest_of(content: bytes, like: str = "sha256:") -> str:
    """The digest of `content`, by the algorithm of the digest `like`."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, content, usedforsecurity=True).hexdigest()}"


def is_digest(text: str) -> bool:
    """Whether the text is a digest of a kind that registries use."""
    return _DIGEST.fullmatch(text) is not None


def read_document(content: bytes, media_type: str, where: str) -> Manifest | tuple[Child, ...]:
    """What a manifest holds, or the images of a list; attestations in a list are left out.

    Raises:
        IntegrityError: it is neither of the two, or not in their form.
    """
    data = _json(content, where)
    kind = str(data.get("mediaType") or media_type)
    try:
        if kind in INDEXES or (kind not in MANIFESTS and "manifests" in data):
            return _children(_Index.model_validate(data))
        if data.get("schemaVersion") == 1:
            raise IntegrityError(f"{where} has the old form (schema 1), which engines of today do not pull.")
        manifest = _Manifest.model_validate(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        at = ".".join(map(str, problem["loc"]))
        raise IntegrityError(f"{where} is no image: {at}: {problem['msg'].lower()}.", _LOOK) from None
    size = manifest.config.size + sum(layer.size for layer in manifest.layers)
    return Manifest(manifest.config.digest, size)


def platform_of(config: bytes, where: str) -> str:
    """The platform that an image's config names, such as `linux/arm64/v8`.

    Raises:
        IntegrityError: it names none.
    """
    try:
        return str(_PlatformValue.model_validate(_json(config, where)))
    except ValidationError:
        raise IntegrityError(f"{where} has a config that names no platform.", _LOOK) from None


def _children(index: _Index) -> tuple[Child, ...]:
    platforms = ((one.digest, one.platform) for one in index.manifests)
    return tuple(
        Child(digest, str(platform) if platform else "")
        for digest, platform in platforms
        if platform is None or platform.os != _FOREIGN
    )


def _json(content: bytes, where: str) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise IntegrityError(f"{where} is answered with something that is no JSON object.", _LOOK)
    return data


_LOOK = "Look whether a proxy or a login page stands before the registry, and push the image again."
