"""Reads what is known of images: `.catalog/images.json`, written where images are built or checked.

Its form is `{"images": {"registry/name:tag": {"digest": "sha256:…"}}}`; keys that are not known are ignored.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from catalog.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

IMAGE_FACTS = ".catalog/images.json"


def image_digests(root: Path) -> dict[str, str]:
    """The digest of every image that the workspace at `root` knows one of, by reference.

    Raises:
        UsageError: the file is there but damaged.
    """
    path = root / IMAGE_FACTS
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return dict(_digests(document["images"]))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is damaged: {error!r}.", "Move it away; it is made again.") from None


def _digests(images: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [(ref, facts["digest"]) for ref, facts in images.items() if isinstance(facts.get("digest"), str)]
