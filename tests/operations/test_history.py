"""A build notes since when there is which version, and shows it; a bundle only reads it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from catalog.errors import UsageError
from catalog.operations.build import BuildRequest, BuildResult, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.workspace.history import HISTORY_FILE
from catalog.workspace.workspace import open_workspace
from tests.support.trees import app, tree

SITE = Path("build/kamiwaza-extension-registry/site")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767312000")  # 2 January 2026
    root = tree(tmp_path / "workspace", {"catalog.toml": '[catalog]\nskin = "plain"\n', **app("notes")})
    return synced(root)


def synced(root: Path) -> Path:
    sync_compose(open_workspace(root, root), SyncRequest())
    return root


def built(root: Path, **options: Any) -> BuildResult:
    result = build(open_workspace(root, root), BuildRequest(**options))
    assert result.root
    return result


def noted(root: Path) -> dict[str, dict[str, str]]:
    content = json.loads((root / HISTORY_FILE).read_text())
    return dict(content["extensions"])


def raised(root: Path, version: str) -> Path:
    tree(root, app("notes", manifest={"version": version}))
    return synced(root)


def test_a_build_notes_what_is_new_and_shows_the_day(workspace: Path) -> None:
    built(workspace)
    assert noted(workspace) == {"notes": {"1.0.0": "2026-01-02"}}
    start = (workspace / SITE / "index.html").read_text()
    assert '<time datetime="2026-01-02">2 Jan 2026</time>' in start
    assert json.loads((workspace / SITE / "catalog.json").read_text())["entries"][0]["added"] == "2026-01-02"


def test_the_file_is_touched_only_when_a_version_appears_or_rises(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(workspace)
    before = (workspace / HISTORY_FILE).stat()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772582400")  # 4 March 2026
    (workspace / "apps/notes/README.md").write_text("# More\n")
    built(workspace)
    built(raised(workspace, "0.9.0"))
    after = (workspace / HISTORY_FILE).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    built(raised(workspace, "1.1.0"))
    assert noted(workspace) == {"notes": {"1.0.0": "2026-01-02", "1.1.0": "2026-03-04"}}
    assert "Updated <time" in (workspace / SITE / "index.html").read_text()


def test_the_same_workspace_gives_the_same_bytes_before_and_after_the_day_was_noted(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pages() -> dict[str, bytes]:
        folder = workspace / SITE
        return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    built(workspace)
    first = pages()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772582400")
    built(workspace, use_cache=False)
    assert pages() == first


def test_on_request_the_file_is_left_alone(workspace: Path) -> None:
    built(workspace, record_history=False)
    assert not (workspace / HISTORY_FILE).exists()
    assert "<time" not in (workspace / SITE / "index.html").read_text()


def test_a_build_that_fails_notes_nothing(workspace: Path) -> None:
    (workspace / "build").write_text("in the way")
    with pytest.raises(Exception, match="build"):
        built(workspace)
    assert not (workspace / HISTORY_FILE).exists()


def test_a_damaged_file_stops_the_build_before_anything_is_written(workspace: Path) -> None:
    (workspace / HISTORY_FILE).write_text("<<<<<<< HEAD\n")
    with pytest.raises(UsageError, match=r"catalog-history\.json is damaged"):
        built(workspace)
    assert not (workspace / "build").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('accent = "#ffee00"', "stands out from the ground"),
        ('templates = "no-such-folder"', "is no folder"),
        ('accent = "teal"', "'accent'"),
        ('base_url = "ftp://acme.test"', "'base_url'"),
        ('bundles = "{name}.zip"', "'bundles'"),
    ],
)
def test_a_look_that_cannot_be_is_refused_and_the_build_before_stays(
    workspace: Path, line: str, message: str
) -> None:
    built(workspace)
    (workspace / "catalog.toml").write_text(f'[catalog]\nskin = "plain"\n{line}\n')
    with pytest.raises(UsageError, match=message):
        built(workspace)
    assert (workspace / SITE / "index.html").is_file()


def test_a_workspaces_own_templates_and_accent_are_used(workspace: Path) -> None:
    tree(
        workspace,
        {
            "catalog.toml": '[catalog]\nskin = "plain"\naccent = "#7a1fa2"\n',
            "site_templates/pages/install.html": "<p>Ask Ada.</p>",
            "site_templates/assets/favicon.svg": "<svg/>",
        },
    )
    built(workspace)
    assert "<p>Ask Ada.</p>" in (workspace / SITE / "index.html").read_text()
    sheets = {path.name: path.read_text() for path in (workspace / SITE / "assets").iterdir()}
    assert any("--accent: #7a1fa2" in text for text in sheets.values())
    assert "<svg/>" in sheets.values()


def test_the_page_of_an_extension_links_to_the_bundle_that_the_settings_name(workspace: Path) -> None:
    built(workspace)
    page = workspace / SITE / "extensions/notes.html"
    assert "Download the bundle" not in page.read_text()
    line = 'bundles = "../bundles/{name}-{version}.tar.gz"'
    (workspace / "catalog.toml").write_text(f'[catalog]\nskin = "plain"\n{line}\n')
    built(workspace)
    assert '<a href="../../../bundles/notes-1.0.0.tar.gz">Download the bundle</a>' in page.read_text()


def test_a_changed_template_of_ones_own_is_seen_by_the_next_build(workspace: Path) -> None:
    tree(workspace, {"site_templates/pages/install.html": "<p>One.</p>"})
    built(workspace)
    (workspace / "site_templates/pages/install.html").write_text("<p>Two.</p>")
    built(workspace)
    assert "<p>Two.</p>" in (workspace / SITE / "index.html").read_text()


def test_a_new_version_tells_what_differs_from_the_one_that_was_built(workspace: Path) -> None:
    built(workspace)
    compose = workspace / "apps/notes/docker-compose.yml"
    raised(workspace, "1.1.0")
    compose.write_text(compose.read_text().replace("8000:8000", "8001:8001"))
    built(synced(workspace))
    told = json.loads((workspace / HISTORY_FILE).read_text())["changes"]["notes"]["1.1.0"]
    assert [line for line in told if "8001" in line]
    assert not any(line.startswith("image ") and "v1.1.0" in line for line in told)
    page = (workspace / SITE / "extensions/notes.html").read_text()
    assert "What differs between the versions" in page
    assert 'href="#v1.1.0"' in page
    assert page.count('id="v1.1.0"') == 1
    assert json.loads((workspace / SITE / "ext/notes.json").read_text())["changes"] == {"1.1.0": told}


def test_what_differs_stays_told_in_later_builds_from_the_committed_file(workspace: Path) -> None:
    built(workspace)
    tree(workspace, app("notes", manifest={"version": "1.1.0", "description": "Other words."}))
    built(synced(workspace))
    page = (workspace / SITE / "extensions/notes.html").read_bytes()
    shutil.rmtree(workspace / "build")
    built(workspace, use_cache=False)
    assert (workspace / SITE / "extensions/notes.html").read_bytes() == page
    assert b"Other words." in page


def test_a_registry_that_cannot_be_read_tells_nothing_of_what_differs(workspace: Path) -> None:
    built(workspace)
    (workspace / SITE.parent / "garden/default/apps.json").write_text("[")
    built(raised(workspace, "1.1.0"))
    assert "changes" not in json.loads((workspace / HISTORY_FILE).read_text())
