"""Keeps what is known of images in `.catalog/images.json`: digest, size and platform, by reference.

Its form is `{"images": {"host/name:tag": {"digest": "sha256:…", "bytes": n, "platform": "linux/amd64"}}}`;
keys that are not known are ignored. `digest` is the one that a registry knows the image by; `platforms` is
there where a registry has the image for several.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from catalog.errors import UsageError
from catalog.workspace.folder_lock import alone_in
from catalog.workspace.writing import disk_errors, write_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IMAGE_FACTS = ".catalog/images.json"


class ImageFacts(Struct, frozen=True):
    """What is known of one image; `digest` is None as long as no registry has it.

    `platforms` has all that a registry has it for, if these are several; `platform` is one of them.
    """

    bytes: int
    platform: str
    digest: str | None = None
    platforms: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The facts as the file has them."""
        known = {"digest": self.digest} if self.digest else {}
        several = {"platforms": list(self.platforms)} if self.platforms else {}
        return known | {"bytes": self.bytes, "platform": self.platform} | several


def read_image_facts(root: Path) -> dict[str, ImageFacts]:
    """What is known of images in the workspace at `root`, by reference; facts of a wrong form are left out.

    Raises:
        UsageError: the file is there but damaged.
    """
    facts = {ref: _image_facts(values) for ref, values in _read(root).items()}
    return {ref: one for ref, one in facts.items() if one is not None}


def image_digests(root: Path) -> dict[str, str]:
    """The digest of every image that the workspace at `root` knows one of, by reference.

    Raises:
        UsageError: the file is there but damaged.
    """
    images = _read(root)
    return {ref: facts["digest"] for ref, facts in images.items() if isinstance(facts.get("digest"), str)}


def record_image_facts(root: Path, facts: Mapping[str, ImageFacts]) -> None:
    """Put these facts into the file, in the place of older ones of the same references.

    What others note at the same time is kept. A file that says all of it already is not touched.

    Raises:
        UsageError: the file is there but damaged.
        MissingError: it cannot be written.
    """
    path = root / IMAGE_FACTS
    new = {ref: one.as_dict() for ref, one in facts.items()}
    if _read(root).items() >= new.items():
        return
    with disk_errors(path):
        path.parent.mkdir(exist_ok=True)
        with alone_in(path.parent):
            images = _read(root) | new
            document = {"images": {ref: images[ref] for ref in sorted(images)}}
            write_file(path, f"{json.dumps(document, indent=2)}\n".encode())


def _image_facts(values: Mapping[str, Any]) -> ImageFacts | None:
    size, platform, digest = values.get("bytes"), values.get("platform"), values.get("digest")
    if type(size) is not int or size < 0 or not isinstance(platform, str):
        return None
    several = values.get("platforms")
    platforms = tuple(map(str, several)) if isinstance(several, list) else ()
    return ImageFacts(size, platform, digest if isinstance(digest, str) else None, platforms)


def _read(root: Path) -> dict[str, dict[str, Any]]:
    path = root / IMAGE_FACTS
    try:
        images = json.loads(path.read_text(encoding="utf-8"))["images"]
        return {ref: dict(facts) for ref, facts in images.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} is damaged: {error!r}.", "Move it away; it is made again.") from None
