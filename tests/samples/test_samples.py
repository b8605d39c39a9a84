"""The sample workspace is what we tell others to make: sound, current, and accepted by its consumers."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from kamiwaza_sdk.schemas.apps import GardenApp
from kamiwaza_sdk.schemas.tools import ToolTemplate
from PIL import Image

import catalog
from catalog.model.names import Kind
from catalog.operations.build import BuildRequest, build
from catalog.operations.sync_compose import Outcome, SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, validate
from catalog.registry.layout import RepositoryVersion
from catalog.scaffold.workspace import workspace_files
from catalog.workspace.folders import extension_folders
from catalog.workspace.workspace import open_workspace

SAMPLES = Path(catalog.__file__).parent.parent / "extensions"
SMALLEST_PREVIEW = (640, 400)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, built."""
    out = tmp_path_factory.mktemp("out")
    result = build(open_workspace(SAMPLES, SAMPLES), BuildRequest(out=out, versions=(RepositoryVersion.V1,)))
    assert result.root is not None
    return result.root


def entries(registry: Path, name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((registry / "garden/default" / name).read_text())
    return loaded


def test_there_is_a_sample_of_each_kind() -> None:
    assert {folder.kind for folder in extension_folders(SAMPLES)} == set(Kind)


def test_the_samples_validate_without_errors() -> None:
    result = validate(open_workspace(SAMPLES, SAMPLES), ValidateRequest())
    assert [finding.as_dict() for finding in result.findings if finding.is_error] == []


def test_the_samples_app_garden_files_are_generated_and_current() -> None:
    result = sync_compose(open_workspace(SAMPLES, SAMPLES), SyncRequest(check=True))
    by_image_alone = {"tool-calendar"}
    stale = {synced.name for synced in result.extensions if synced.outcome is not Outcome.CURRENT}
    assert stale == by_image_alone
    assert result.exit_code == 0


def test_the_samples_workspace_is_what_init_makes() -> None:
    made = {file.path: file.content for file in workspace_files("Extension samples")}
    for name in ("Makefile", ".gitignore"):
        assert (SAMPLES / name).read_bytes() == made[PurePosixPath(name)]
    settings = made[PurePosixPath("catalog.toml")]
    assert isinstance(settings, bytes)
    # What follows are the samples' own suppressions.
    assert (SAMPLES / "catalog.toml").read_bytes().removeprefix(settings).startswith(b"\n[suppress.")


def test_the_platforms_own_models_accept_every_entry(registry: Path) -> None:
    apps = [GardenApp.model_validate(entry) for entry in entries(registry, "apps.json")]
    tools = [ToolTemplate.model_validate(entry) for entry in entries(registry, "tools.json")]
    assert [app.name for app in apps] == [
        "duty-roster",
        "field-notes",
        "status-board",
        "subnet-planner",
        "summary-desk",
        "service-embeddings",
        "service-milvus",
    ]
    assert [tool.name for tool in tools] == ["mcp-unit-convert", "tool-calendar", "tool-log-search"]


def test_every_picture_that_an_entry_names_is_in_the_registry(registry: Path) -> None:
    for entry in entries(registry, "apps.json") + entries(registry, "tools.json"):
        path = registry / str(entry["preview_image"]).lstrip("/")
        with Image.open(path) as picture:
            assert picture.width >= SMALLEST_PREVIEW[0]
            assert picture.height >= SMALLEST_PREVIEW[1]


class Links(HTMLParser):
    """The addresses that a page leads to or loads, and the ids in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name in {"href", "src"} and value:
                self.targets.add(value)
            if name == "id" and value:
                self.ids.add(value)


def test_every_link_of_every_page_leads_somewhere(registry: Path) -> None:
    pages = {path.resolve(): Links(path.read_text(encoding="utf-8")) for path in registry.rglob("*.html")}
    broken = []
    for path, links in pages.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme:
                continue
            base = registry if parts.path.startswith("/") else path.parent  # as a server has it
            found = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            is_there = found.is_file() and (not parts.fragment or parts.fragment in pages[found].ids)
            if not is_there:
                broken.append(f"{path.relative_to(registry)}: {target}")
    assert broken == []
    assert len(pages) > len(extension_folders(SAMPLES))


def test_a_copy_of_the_samples_elsewhere_builds_the_same_bytes(registry: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(SAMPLES, tmp_path / "a copy", ignore=shutil.ignore_patterns("build", "dist"))
    result = build(open_workspace(copy, copy), BuildRequest())
    assert result.root is not None
    assert shown(result.root) == shown(registry)


def shown(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }
