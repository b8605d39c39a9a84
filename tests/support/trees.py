"""Writes a folder from a readable value: `tree(root, {"apps/a/README.md": "text"})`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST: dict[str, Any] = {
    "name": "notes",
    "version": "1.0.0",
    "source_type": "kamiwaza",
    "risk_tier": 0,
    "description": "Keeps notes.",
}
COMPOSE = """\
services:
  web:
    build: .
    ports:
      - "8000:8000"
    volumes:
      - data:/data
    healthcheck:
      test: ["CMD", "true"]
  db:
    image: postgres:15-alpine
volumes:
  data:
"""


def tree(root: Path, files: Mapping[str, str | bytes | dict[str, Any] | Path | None]) -> Path:
    """Write `files` below `root`: text, bytes, JSON objects, links (a Path), folders (None)."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
        elif isinstance(content, Path):
            path.symlink_to(content)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content, indent=2)
            path.write_text(text, encoding="utf-8")
    return root


def app(
    name: str = "notes", *, manifest: dict[str, Any] | None = None, compose: str = COMPOSE
) -> dict[str, Any]:
    """The files of a sound app, without its App Garden file."""
    return {
        f"apps/{name}/kamiwaza.json": {**MANIFEST, "name": name, **(manifest or {})},
        f"apps/{name}/docker-compose.yml": compose,
        f"apps/{name}/README.md": f"# {name}\n",
        f"apps/{name}/Dockerfile": "FROM scratch\n",
    }
