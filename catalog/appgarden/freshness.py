"""Tells whether an extension's App Garden file is what would be written now."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.appgarden.emit import is_generated, to_yaml
from catalog.model.compose import DEPLOYMENT_NAME
from catalog.model.yaml_text import DocumentError, read_yaml

if TYPE_CHECKING:
    from catalog.appgarden.transform import Deployment
    from catalog.model.extension import Extension


class Freshness(StrEnum):
    """How the App Garden file stands to what would be written now."""

    MISSING = "missing"
    CURRENT = "current"
    STALE = "stale"
    HANDWRITTEN = "handwritten"


def freshness(extension: Extension, expected: Deployment) -> Freshness:
    """How the extension's file stands to `expected`; a different layout of the same data is current.

    A file that could not be read counts as hand-written: nobody can tell, so it must not be overwritten.
    An empty one counts as missing.
    """
    source = extension.kamiwaza
    document = source.deployment if source else None
    if document is None:
        has_content = extension.files.get(PurePosixPath(DEPLOYMENT_NAME), 0) > 0
        return Freshness.HANDWRITTEN if has_content else Freshness.MISSING
    if not is_generated(document.text):
        return Freshness.HANDWRITTEN
    if expected.data is None:
        return Freshness.STALE
    is_current = expected.text == document.text or expected.text == _written_again(document.text)
    return Freshness.CURRENT if is_current else Freshness.STALE


def _written_again(text: str) -> str:
    """`text` in our layout, empty if it does not parse.

    Layouts are compared rather than values: 0440 and 440 are equal numbers, but not the same mode.
    """
    try:
        return to_yaml(read_yaml(text))
    except DocumentError:
        return ""
