"""Reads the tables of `catalog.toml` that only some commands need, to find what they would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.registry.stage import Stage
from catalog.workspace.platform_settings import load_platform_settings
from catalog.workspace.publish_settings import load_publish_settings

if TYPE_CHECKING:
    from pathlib import Path


def demand_sound_settings(root: Path) -> None:
    """See that the tables `[platform]` and `[publish.STAGE]` of the workspace at `root` can be used.

    Raises:
        UsageError: one cannot; the message names key and reason.
    """
    load_platform_settings(root)
    for stage in Stage:
        load_publish_settings(root, stage, environment={})
