"""A build shows the pictures of extensions, names those that it cannot show, and goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from catalog.model import codes
from catalog.operations.build import BuildRequest, BuildResult, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.workspace.workspace import open_workspace
from tests.site.hostile import README, RUN, SVG
from tests.site.oracle import complaints
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "build/kamiwaza-extension-registry"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "workspace"
    tree(root, {"catalog.toml": '[catalog]\nskin = "plain"\n', **app("notes"), **app("maps")})
    return root


def add(root: Path, **fields: Any) -> Path:
    """Put fields into the manifest of `notes`; its folder."""
    manifest = root / "apps/notes/kamiwaza.json"
    data = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**data, **fields}), encoding="utf-8")
    return manifest.parent


def built(root: Path) -> BuildResult:
    sync_compose(open_workspace(root, root), SyncRequest())
    return build(open_workspace(root, root), BuildRequest(record_history=False))


def page(root: Path) -> str:
    return (root / ROOT / "site/extensions/notes.html").read_text(encoding="utf-8")


def test_an_svg_preview_is_pixels_on_the_website_and_itself_in_the_registry(workspace: Path) -> None:
    folder = add(workspace, preview_image="preview.svg")
    (folder / "preview.svg").write_text(SVG, encoding="utf-8")
    result = built(workspace)
    assert [finding.code.id for finding in result.findings if finding.code is codes.PICTURE_UNREADABLE] == []
    [shipped] = (workspace / ROOT / "garden").rglob("notes.svg")
    assert shipped.read_text(encoding="utf-8") == SVG
    assert not any(
        RUN in path.read_text(encoding="utf-8") for path in (workspace / ROOT / "site").rglob("*.svg")
    )
    assert "../pictures/" in page(workspace)


def test_a_picture_of_a_readme_is_carried(workspace: Path) -> None:
    folder = add(workspace)
    (folder / "docs").mkdir()
    Image.new("RGB", (700, 350), "teal").save(folder / "docs/map.png")
    (folder / "README.md").write_text("# Notes\n\n![The map](docs/map.png)\n", encoding="utf-8")
    built(workspace)
    assert 'alt="The map"' in page(workspace)
    names = {path.name.rpartition("-")[2] for path in (workspace / ROOT / "site/pictures").iterdir()}
    assert names == {"320.webp", "640.webp", "700.webp"}


def test_a_picture_that_cannot_be_shown_is_named_and_the_build_goes_on(workspace: Path) -> None:
    folder = add(workspace, preview_image="preview.png", **{"x-catalog": {"gallery": ["none.png"]}})
    (folder / "preview.png").write_bytes(b"words")
    result = built(workspace)
    found = {
        finding.file.name: finding for finding in result.findings if finding.code is codes.PICTURE_UNREADABLE
    }
    assert result.exit_code == 0
    assert set(found) == {"preview.png", "none.png"}
    assert str(found["preview.png"].file) == "apps/notes/preview.png"
    assert "is no PNG, JPEG, WebP, GIF or SVG picture" in found["preview.png"].message
    assert "KZ406" in page(workspace)


def test_an_unchanged_workspace_names_it_again(workspace: Path) -> None:
    folder = add(workspace, preview_image="preview.png")
    (folder / "preview.png").write_bytes(b"words")
    assert built(workspace).findings == built(workspace).findings


def test_a_workspace_that_means_harm_is_built(workspace: Path) -> None:
    harm = f'</script><img src=x onerror="{RUN}">'
    folder = add(
        workspace,
        display_name=harm * 10,
        description=harm,
        category=harm,
        tags=[harm, "x" * 500],
        author=harm,
        license=harm,
        env_metadata={"LOG_LEVEL": {"description": harm}},
        odd={harm: harm},
        **{
            "x-catalog": {"successor": harm, "links": {harm: f"javascript:{RUN}"}, "gallery": ["../../x.png"]}
        },
    )
    (folder / "README.md").write_text(README, encoding="utf-8", errors="replace")
    (folder / "CHANGELOG.md").write_text(README, encoding="utf-8", errors="replace")
    (folder / f"{RUN} ' <b>.svg").write_text(SVG, encoding="utf-8")
    result = built(workspace)
    assert result.exit_code == 0
    assert result.apps == 2
    for path in (workspace / ROOT).rglob("*.html"):
        name = str(path.relative_to(workspace / ROOT))
        assert (name, complaints(name, path.read_text(encoding="utf-8"))) == (name, [])
