"""Puts the top-level folders that ship with the package, and one page, into the wheel and into nothing else.

An editable install reads them from the checkout; a copy there would go stale with the first edit.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = ("site_templates", "bundle", "docs/reference/findings.md")


class ShippedFolders(BuildHookInterface):  # type: ignore[type-arg]  # hatchling leaves its config type open
    """Maps `site_templates/`, `bundle/` and the page of findings to `catalog/_data/` in standard wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders to `build_data` unless the wheel is an editable one."""
        if version != "editable":
            build_data["force_include"].update({name: f"catalog/_data/{name}" for name in SHIPPED})
