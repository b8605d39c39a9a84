"""A workspace whose registry is built, with a picture, a service and a tool."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from catalog.cli.app import run
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

TOOL: dict[str, Any] = {
    "tools/tool-clock/kamiwaza.json": {
        "name": "tool-clock",
        "version": "0.3.0",
        "source_type": "kamiwaza",
        "risk_tier": 0,
        "description": "Tells the time.",
    },
    "tools/tool-clock/docker-compose.yml": 'services:\n  tool:\n    build: .\n    ports: ["8000:8000"]\n',
    "tools/tool-clock/README.md": "# Clock\n",
}


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 360), "teal").save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built workspace in a folder whose name needs escaping in an address."""
    root = tmp_path / "my extensions"
    settings = {"catalog.toml": '[catalog]\ntitle = "Acme"\nskin = "plain"\n'}
    notes = app(manifest={"preview_image": "front page.png"})
    tree(root, {**settings, **notes, **TOOL, "apps/notes/front page.png": picture()})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(root)
    assert run(["--quiet", "sync-compose"]) == 0
    assert run(["--quiet", "build"]) == 0
    return root
