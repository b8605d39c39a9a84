"""Stages of a release: the tag that images of ours carry in each.

Without a stage an image is tagged `v{version}`, as local builds are; with one, exactly as the same stage
publishes it, so that a registry never names an image that nobody pushed.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where a release goes."""

    DEV = "dev"
    STAGE = "stage"
    PROD = "prod"


def may_move(stage: Stage | None) -> bool:
    """Whether a tag of the stage may come to mean another image: only in development.

    Everywhere else somebody relies on what a version is, so that another image needs another version.
    """
    return stage is Stage.DEV


def image_tag(version: str, stage: Stage | None) -> str:
    """The tag of our images at `version`: `v1.0.0`, `1.0.0-dev`, `1.0.0-stage` or `1.0.0`."""
    if stage is None:
        return f"v{version}"
    return version if stage is Stage.PROD else f"{version}-{stage.value}"
