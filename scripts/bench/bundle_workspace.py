"""Generates a workspace in which each app runs one given image, for packing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from catalog.appgarden.emit import to_yaml
from catalog.appgarden.transform import transform
from catalog.workspace.extensions import read_extensions
from catalog.workspace.folders import extension_folders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The images belong to nobody's workspace, so that their tags stay as they are.
ORGANIZATION = "bench-catalog"
COMPOSE = """\
services:
  {name}:
    image: {ref}
    ports:
      - "8000"
    environment:
      LOG_LEVEL: ${{LOG_LEVEL:-info}}
    healthcheck:
      test: ["CMD", "true"]
      interval: 30s
"""
README = "# {name}\n\nAn app that runs the image `{ref}`.\n"


def generate(root: Path, refs: Mapping[str, str]) -> Path:
    """The workspace at `root`, an app for each name and image reference, with current App Garden files."""
    for name, ref in refs.items():
        folder = root / "apps" / name
        folder.mkdir(parents=True)
        (folder / "docker-compose.yml").write_text(COMPOSE.format(name=name, ref=ref), encoding="utf-8")
        (folder / "README.md").write_text(README.format(name=name, ref=ref), encoding="utf-8")
        (folder / "kamiwaza.json").write_text(json.dumps(_manifest(name, ref), indent=2), encoding="utf-8")
    settings = f'[catalog]\ntitle = "Benchmark"\norganization = "{ORGANIZATION}"\n'
    (root / "catalog.toml").write_text(settings, encoding="utf-8")
    for extension in read_extensions(root, extension_folders(root)):
        text = to_yaml(transform(extension, ORGANIZATION).data)
        (root / extension.directory / "docker-compose.appgarden.yml").write_text(text, encoding="utf-8")
    return root


def _manifest(name: str, ref: str) -> dict[str, object]:
    return {
        "name": name,
        "version": "1.0.0",
        "source_type": "public",
        "risk_tier": 1,
        "visibility": "public",
        "description": f"Runs the image {ref}",
        "category": "development",
        "tags": ["benchmark"],
        "verified": False,
    }
