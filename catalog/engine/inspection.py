"""Reads what `image inspect` prints into values."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from catalog.engine.complaints import lines_about_missing_images
from catalog.engine.engine import LocalImage
from catalog.errors import MissingError
from catalog.registry.image_names import qualified

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from catalog.engine.program import Finished

_WORD_ENDS = re.compile(r"""[\s\[\]"',]+|:\s+""")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def images_found(refs: Sequence[str], finished: Finished) -> dict[str, LocalImage] | None:
    """The images by the names asked for, when it is certain which answer belongs to which name, else None.

    Every name is a well-formed reference. Engines answer in the order of the names, leave out what is not
    there, and say on stderr what that was.

    Raises:
        MissingError: the answer is not in the form that is known.
    """
    documents = _documents(finished.stdout)
    there = list(refs)
    if len(documents) != len(refs):
        lines = lines_about_missing_images(finished.stderr)
        named = {word for line in lines for word in _WORD_ENDS.split(line)}
        there = [ref for ref in refs if not _spellings(ref) & named]
    if len(documents) != len(there):
        return {} if len(refs) == 1 and not documents else None
    return {ref: _image(ref, document) for ref, document in zip(there, documents, strict=True)}


def same_platform(one: str, other: str) -> bool:
    """Whether two platforms are one: `linux/arm64` and `linux/arm64/v8` are."""
    return _normal(one) == _normal(other)


def missing_platforms(wanted: Iterable[str], there: Collection[str]) -> list[str]:
    """Those of the platforms wanted for which an image is not there."""
    return [one for one in wanted if not any(same_platform(one, other) for other in there)]


def _normal(platform: str) -> str:
    name = platform.lower()
    return {"linux/arm64/v8": "linux/arm64", "linux/arm": "linux/arm/v7"}.get(name, name)


def _spellings(ref: str) -> set[str]:
    """How an engine may write the name in a message: as asked, or with what stands for nothing filled in."""
    full = qualified(ref)
    return {ref, full, full.removeprefix("docker.io/").removeprefix("library/")}


def _documents(stdout: bytes) -> list[Any]:
    try:
        documents = json.loads(stdout or b"[]")
    except ValueError as error:
        raise _unknown_form(str(error)) from error
    if not isinstance(documents, list):
        raise _unknown_form("it is not a list")
    return documents


def _image(ref: str, document: Any) -> LocalImage:
    try:
        parts = (document["Os"], document["Architecture"], document.get("Variant") or "")
        config = document.get("Config") or {}
        return LocalImage(
            ref=ref,
            image_id=_digest(document["Id"]),
            platform="/".join(part for part in parts if part),
            diff_ids=tuple(_digest(layer) for layer in document["RootFS"].get("Layers") or ()),
            size=int(document["Size"]),
            repo_digests=tuple(str(digest) for digest in document.get("RepoDigests") or ()),
            created=str(document.get("Created") or ""),
            labels={str(name): str(value) for name, value in (config.get("Labels") or {}).items()},
            user=str(config.get("User") or ""),
            workdir=str(config.get("WorkingDir") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unknown_form(f"about '{ref}', {error!r}") from error


def _digest(text: str) -> str:
    digest = text if ":" in text else f"sha256:{text}"
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{text} is no digest")
    return digest


def _unknown_form(why: str) -> MissingError:
    return MissingError(
        f"The engine's answer to 'image inspect' is not in a known form: {why}",
        "The engine may be newer than this tool knows; try another one",
    )
