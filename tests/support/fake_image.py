"""A container image as plain values: layers in, config and digests out."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def layer(files: Mapping[str, bytes]) -> bytes:
    """An uncompressed layer tar with these files; the same files give the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            tar.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def digest(content: bytes) -> str:
    """`sha256:<hex>` of the content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def canonical(document: object) -> bytes:
    """JSON without spaces, keys in the order given, as Docker writes it."""
    return json.dumps(document, separators=(",", ":")).encode()


@dataclass(frozen=True)
class FakeImage:
    """An image with these uncompressed layers, the base first.

    `given_config` holds the exact config of an image that was loaded; else one is made from the other fields.
    """

    layers: tuple[bytes, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    architecture: str = "amd64"
    variant: str = ""
    given_config: bytes | None = None

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """The digests of the uncompressed layers, the base first."""
        return tuple(digest(content) for content in self.layers)

    @property
    def platform(self) -> str:
        """`linux/amd64`, or `linux/arm64/v8` with a variant."""
        return "/".join(part for part in ("linux", self.architecture, self.variant) if part)

    @property
    def config_bytes(self) -> bytes:
        """The image's config, byte for byte as every archive of it holds it."""
        if self.given_config is not None:
            return self.given_config
        variant = {"variant": self.variant} if self.variant else {}
        return canonical(
            {
                "architecture": self.architecture,
                **variant,
                "os": "linux",
                "created": "2026-01-02T03:04:05Z",
                "config": {"Cmd": ["/bin/true"], "Labels": dict(self.labels)},
                "rootfs": {"type": "layers", "diff_ids": list(self.diff_ids)},
                "history": [{"created": "2026-01-02T03:04:05Z"} for _ in self.layers],
            }
        )

    @property
    def config_digest(self) -> str:
        """`sha256:<hex>` of the config: the image ID of a classic store."""
        return digest(self.config_bytes)
