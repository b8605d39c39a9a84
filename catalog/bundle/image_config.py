"""Reads what an image's config says of its platform and of its layers."""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import Struct

from catalog.errors import IntegrityError

MAX_JSON = 4 * 1024 * 1024
"""The largest config or manifest, in bytes, that podman loads; larger ones are refused when packing."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ImageConfig(Struct, frozen=True):
    """`platform` as `linux/arm64/v8`; `diff_ids` of the unpacked layers, the base first."""

    platform: str
    diff_ids: tuple[str, ...]

    @classmethod
    def parse(cls, content: bytes, source: str) -> ImageConfig:
        """What the config says.

        Args:
            content: its exact bytes.
            source: where it comes from, for the message.

        Raises:
            IntegrityError: it is no image config.
        """
        document = parse_json(content, source)
        try:
            system, architecture = document["os"], document["architecture"]
            parts = [system, architecture, document.get("variant") or ""]
            diff_ids = document["rootfs"].get("diff_ids") or []
            if system and architecture and all(_DIGEST.fullmatch(diff_id) for diff_id in diff_ids):
                return cls("/".join(part for part in parts if part), tuple(diff_ids))
        except (KeyError, TypeError, AttributeError):
            pass
        raise IntegrityError(f"{source} is no image config.", _HINT)


def parse_json(content: bytes, source: str) -> Any:
    """The value of a JSON document.

    Raises:
        IntegrityError: it is too large, too deep, or not JSON.
    """
    if len(content) > MAX_JSON:
        raise IntegrityError(f"{source} has more than {MAX_JSON:,} bytes.", _HINT)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise IntegrityError(f"{source} is not JSON, or nested too deeply.", _HINT) from None


_HINT = "Build or pull the image again, then run the command again."
