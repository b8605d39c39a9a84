"""bundle.json: what a bundle is, as a value, as bytes and back.

The form is that of docs/reference/bundle-format.md.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.errors import IntegrityError
from catalog.registry.layout import BUNDLE_MANIFEST

MAX_BYTES = 16 * 1024 * 1024
_MAX_COUNT = 2**63 - 1
_MAX_SEQUENCE = 10**15 - 1  # fifteen digits, which is what the scripts read
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=_MAX_COUNT)]
Text = Annotated[str, Field(pattern=r"^[^\p{C}\p{Zl}\p{Zp}]*$")]
"""Printable on one line, so that a bundle can neither steer a terminal nor add a row to a table."""
Folder = Annotated[str, Field(pattern=r"^garden/[a-z0-9]+$")]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Tool(_Value):
    """Which program packed the bundle."""

    name: Text
    version: Text


class Codec(_Value):
    """What compressed the layers."""

    name: Text
    level: int
    version: Text


class Signer(_Value):
    """Who signed: SHA-256 of the public key in DER."""

    key: Digest


class Sizes(_Value):
    """How much is in the bundle; see the format's page for each figure."""

    files: Count = 0
    bytes: Count = 0
    images: Count = 0
    blobs: Count = 0
    blob_bytes: Count = 0
    layer_bytes: Count = 0
    naive_bytes: Count = 0


class BundledExtension(_Value):
    """An extension and the images that it needs, fully qualified."""

    name: Text
    kind: Text
    version: Text
    images: tuple[Text, ...] = ()


class BundledImage(_Value):
    """One row of images.tsv."""

    index: Count
    ref: Text
    named: Text
    config: Digest
    manifest: Digest
    platform: Text
    bytes: Count
    layer_bytes: Count
    extensions: tuple[Text, ...]

    def row(self) -> str:
        """The line of images.tsv, with its newline."""
        columns = (
            str(self.index),
            self.ref,
            self.config,
            self.manifest,
            self.platform,
            str(self.bytes),
            str(self.layer_bytes),
            ",".join(self.extensions),
            self.named,
        )
        return "\t".join(columns) + "\n"


class MissingImage(_Value):
    """An image that was not to be had, and who needs it; `service` is empty for images of the manifest."""

    ref: Text
    extension: Text
    service: Text


class Base(_Value):
    """What a delta builds on."""

    sums: Digest
    sequence: Count


class BundleManifest(_Value):
    """The whole of bundle.json."""

    format: Literal[1] = 1
    product: Literal["kamiwaza-extension-registry"] = "kamiwaza-extension-registry"
    created: str = Field(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z$")
    sequence: Annotated[int, Field(ge=0, le=_MAX_SEQUENCE)]
    platform: Text
    tool: Tool
    codec: Codec
    stage: Text | None
    garden: tuple[Folder, ...] = Field(min_length=1)
    signer: Signer | None
    sizes: Sizes
    extensions: tuple[BundledExtension, ...]
    images: tuple[BundledImage, ...]
    missing: tuple[MissingImage, ...] = ()
    base: Base | None = None

    def to_bytes(self) -> bytes:
        """The file's content."""
        return f"{json.dumps(self.model_dump(mode='json'), indent=2, ensure_ascii=False)}\n".encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> BundleManifest:
        """The manifest that `content` holds.

        Raises:
            IntegrityError: it is not a bundle.json of format 1, or not spelled as `to_bytes` spells it.
        """
        if len(content) > MAX_BYTES:
            raise IntegrityError(f"{BUNDLE_MANIFEST} has more than {MAX_BYTES:,} bytes.", _HINT)
        try:
            manifest = cls.model_validate_json(content)
        except (ValidationError, RecursionError):
            raise IntegrityError(f"{BUNDLE_MANIFEST} is not that of a bundle of format 1.", _HINT) from None
        if manifest.to_bytes() != content:
            raise IntegrityError(f"{BUNDLE_MANIFEST} is not spelled as a bundle's is.", _HINT)
        return manifest


def utc(epoch: int) -> str:
    """Seconds since 1970 as `created` writes them."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_HINT = "Copy the bundle again from where it was made, or use the version of catalog that made it."
