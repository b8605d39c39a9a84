"""Tells whether an extension's App Garden file is what would be written now."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from catalog.appgarden.emit import is_generated, to_yaml
from catalog.model.compose import DEPLOYMENT_NAME

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
    """
    source = extension.kamiwaza
    document = source.deployment if source else None
    if document is None:
        is_there = PurePosixPath(DEPLOYMENT_NAME) in extension.files
        return Freshness.HANDWRITTEN if is_there else Freshness.MISSING
    if not is_generated(document.text):
        return Freshness.HANDWRITTEN
    if expected.data is None:
        return Freshness.STALE
    text = to_yaml(expected.data)
    if text == document.text:
        return Freshness.CURRENT
    # Written out again rather than compared as values: 0440 and 440 are equal numbers, but not the same mode.
    return Freshness.CURRENT if to_yaml(document.data) == text else Freshness.STALE
