"""Versions of extensions: strict semantic versions (semver.org 2.0.0), ordered as that page orders them."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from semver import Version

__all__ = ["Level", "Version", "bumped", "parse_version"]


class Level(StrEnum):
    """Which part of a version rises."""

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@lru_cache(1024)  # a build asks again and again, and the versions of most extensions are few
def parse_version(text: str) -> Version:
    """The version that `text` spells.

    Raises:
        ValueError: `text` is not a semantic version (`v1.0.0`, `1.0` and `01.0.0` are not).
    """
    try:
        version = Version.parse(text)
    except ValueError:
        version = None
    if version is None or str(version) != text:  # the library takes a line end for the end of the text
        raise ValueError(f"{text!r} is not a semantic version")
    return version


def bumped(version: Version, level: Level) -> Version:
    """The next version at `level`, without pre-release or build metadata."""
    return version.next_version(part=level.value)
