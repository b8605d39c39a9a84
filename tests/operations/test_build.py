"""A build is a registry whose every link resolves; it replaces the one before only when it is whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from catalog.errors import ConflictError, MissingError, UsageError
from catalog.model.yaml_text import read_yaml
from catalog.operations.build import BuildRequest, BuildResult, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.registry.layout import HELPER_FILES, RepositoryVersion
from catalog.registry.stage import Stage
from catalog.workspace.workspace import open_workspace
from tests.support.trees import app, tree

GARDEN = "build/kamiwaza-extension-registry/garden/default"


def synced(root: Path, files: dict[str, Any]) -> Path:
    """A workspace whose App Garden files are current."""
    tree(root, files)
    sync_compose(open_workspace(root, root), SyncRequest())
    return root


def built(root: Path, **options: Any) -> BuildResult:
    request = BuildRequest(parts=options.pop("parts", frozenset({"registry"})), **options)
    return build(open_workspace(root, root), request)


def apps(root: Path, garden: str = GARDEN) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((root / garden / "apps.json").read_text())
    return loaded


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def picture(path: Path) -> None:
    Image.new("RGB", (64, 40), "teal").save(path)


def test_the_registry_has_catalogs_and_helper_files(tmp_path: Path) -> None:
    result = built(synced(tmp_path, {**app("notes"), **app("maps")}))
    assert result.exit_code == 0
    assert (result.apps, result.services, result.tools) == (2, 0, 0)
    assert [entry["name"] for entry in apps(tmp_path)] == ["maps", "notes"]
    assert json.loads((tmp_path / GARDEN / "tools.json").read_text()) == []
    root = result.root
    assert root is not None
    assert [name for name in HELPER_FILES if not (root / name).is_file()] == []
    assert os.access(root / "package-setup.sh", os.X_OK)


def test_an_entry_embeds_the_app_garden_file_word_for_word(tmp_path: Path) -> None:
    built(synced(tmp_path, app()))
    (entry,) = apps(tmp_path)
    assert entry["compose_yml"] == (tmp_path / "apps/notes/docker-compose.appgarden.yml").read_text()
    assert entry["docker_images"] == ["kamiwazaai/notes-web:v1.0.0", "postgres:15-alpine"]


@pytest.mark.parametrize(
    ("stage", "tag"), [(Stage.DEV, "1.0.0-dev"), (Stage.STAGE, "1.0.0-stage"), (Stage.PROD, "1.0.0")]
)
def test_a_stage_retags_our_images_in_the_output_only(tmp_path: Path, stage: Stage, tag: str) -> None:
    synced(tmp_path, app(manifest={"extra_docker_images": ["kamiwazaai/notes-sandbox:v1.0.0", "busybox:1"]}))
    before = (tmp_path / "apps/notes/docker-compose.appgarden.yml").read_bytes()
    built(tmp_path, stage=stage)
    (entry,) = apps(tmp_path)
    services = read_yaml(entry["compose_yml"])["services"]
    assert services["web"]["image"] == f"kamiwazaai/notes-web:{tag}"
    assert services["db"]["image"] == "postgres:15-alpine"
    assert entry["docker_images"] == [
        f"kamiwazaai/notes-web:{tag}", "postgres:15-alpine", f"kamiwazaai/notes-sandbox:{tag}", "busybox:1",
    ]  # fmt: skip
    assert entry["extra_docker_images"] == [f"kamiwazaai/notes-sandbox:{tag}", "busybox:1"]
    assert (tmp_path / "apps/notes/docker-compose.appgarden.yml").read_bytes() == before


def test_a_hand_written_file_is_the_truth(tmp_path: Path) -> None:
    hand = (
        "# mine\nservices:\n  web:\n    image: kamiwazaai/notes-web:v1.0.0\n    ports: ['8000']\n"
        "    extra_hosts: ['host.docker.internal:host-gateway']\n"
        "    deploy: {resources: {limits: {cpus: '1', memory: 1G}}}\n"
    )
    synced(tmp_path, {**app(), "apps/notes/docker-compose.appgarden.yml": hand})
    result = built(tmp_path)
    assert apps(tmp_path)[0]["compose_yml"] == hand
    assert "KZ303" in [finding.code.id for finding in result.findings]
    built(tmp_path, stage=Stage.DEV)
    text = apps(tmp_path)[0]["compose_yml"]
    assert "kamiwazaai/notes-web:1.0.0-dev" in text
    assert "Generated" not in text


def test_a_second_build_makes_the_same_bytes(tmp_path: Path) -> None:
    synced(tmp_path, {**app("notes"), **app("maps")})
    built(tmp_path)
    first = snapshot(tmp_path / "build")
    built(tmp_path)
    assert snapshot(tmp_path / "build") == first


def test_every_generation_can_be_written_at_once(tmp_path: Path) -> None:
    synced(tmp_path, app(manifest={"kamiwaza_version": ">=1.0.0", "preview_image": "p.png"}))
    picture(tmp_path / "apps/notes/p.png")
    built(tmp_path, versions=(RepositoryVersion.V1, RepositoryVersion.V2))
    assert "kamiwaza_version" not in apps(tmp_path)[0]
    (entry,) = apps(tmp_path, "build/kamiwaza-extension-registry/garden/v2")
    assert entry["kamiwaza_version"] == ">=1.0.0"
    assert entry["preview_image"] == "images/notes.png"


def test_generation_two_needs_a_platform_constraint(tmp_path: Path) -> None:
    result = built(synced(tmp_path, app()), versions=(RepositoryVersion.V2,))
    assert result.exit_code == 1
    assert [finding.code.id for finding in result.findings if finding.is_error] == ["KZ110"]


def test_generation_three_names_images_by_digest(tmp_path: Path) -> None:
    digest = "sha256:" + "a" * 64
    images = {"kamiwazaai/notes-web:v1.0.0": {"digest": digest}, "postgres:15-alpine": {"digest": digest}}
    files = {**app(manifest={"kamiwaza_version": "*"}), ".catalog/images.json": {"images": images}}
    built(synced(tmp_path, files), versions=(RepositoryVersion.V3,))
    (entry,) = apps(tmp_path, "build/kamiwaza-extension-registry/garden/v3")
    assert entry["docker_images"] == [f"{ref}@{digest}" for ref in images]
    assert f"postgres:15-alpine@{digest}" in entry["compose_yml"]


def test_generation_three_without_digests_is_refused_with_the_images_named(tmp_path: Path) -> None:
    synced(tmp_path, app(manifest={"kamiwaza_version": "*"}))
    with pytest.raises(MissingError, match="postgres:15-alpine"):
        built(tmp_path, versions=(RepositoryVersion.V3,))


def test_a_damaged_file_of_image_facts_says_so(tmp_path: Path) -> None:
    synced(tmp_path, {**app(manifest={"kamiwaza_version": "*"}), ".catalog/images.json": "[]"})
    with pytest.raises(UsageError, match=r"images\.json is damaged"):
        built(tmp_path, versions=(RepositoryVersion.V3,))


@pytest.mark.parametrize(
    "declared", ["preview.png", "pictures/deep.png", "/garden/default/app-garden-images/deep.png", None]
)
def test_a_picture_is_shipped_under_the_name_that_the_entry_has(tmp_path: Path, declared: str | None) -> None:
    synced(tmp_path, app(manifest={"preview_image": declared}))
    (tmp_path / "apps/notes/pictures").mkdir()
    picture(tmp_path / "apps/notes/pictures/deep.png")
    picture(tmp_path / "apps/notes/preview.png")
    built(tmp_path)
    (entry,) = apps(tmp_path)
    assert entry["preview_image"] == "/garden/default/app-garden-images/notes.png"
    assert (tmp_path / GARDEN / "app-garden-images/notes.png").is_file()


def test_pictures_of_the_same_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    fields = {"preview_image": "p.png"}
    synced(tmp_path, {**app("a", manifest=fields), **app("b", manifest=fields)})
    Image.new("RGB", (8, 8), "red").save(tmp_path / "apps/a/p.png")
    Image.new("RGB", (8, 8), "blue").save(tmp_path / "apps/b/p.png")
    built(tmp_path)
    pictures = tmp_path / GARDEN / "app-garden-images"
    assert (pictures / "a.png").read_bytes() != (pictures / "b.png").read_bytes()


def test_one_broken_extension_fails_the_build_with_all_its_findings_and_keeps_the_old_one(
    tmp_path: Path,
) -> None:
    built(synced(tmp_path, app("notes")))
    before = snapshot(tmp_path / "build")
    tree(tmp_path, app("broken", manifest={"risk_tier": 9, "version": "one"}))
    result = built(tmp_path)
    assert result.exit_code == 1
    assert result.left_out == ("broken",)
    assert {"KZ102", "KZ103", "KZ301"} <= {finding.code.id for finding in result.findings}
    assert all(finding.line for finding in result.findings if finding.code.id == "KZ102")
    assert snapshot(tmp_path / "build") == before


def test_keep_going_leaves_out_what_is_broken_and_says_so(tmp_path: Path) -> None:
    synced(tmp_path, app("notes"))
    tree(tmp_path, app("broken", manifest={"risk_tier": 9}))
    result = built(tmp_path, keep_going=True)
    assert result.exit_code == 0
    assert result.left_out == ("broken",)
    assert [entry["name"] for entry in apps(tmp_path)] == ["notes"]


def test_two_extensions_of_one_name_are_both_broken(tmp_path: Path) -> None:
    synced(tmp_path, app("notes"))
    tree(tmp_path, {name.replace("apps/", "services/"): content for name, content in app("notes").items()})
    result = built(tmp_path)
    assert "KZ012" in {finding.code.id for finding in result.findings}
    assert result.root is None


def test_a_stale_file_fails_the_build_and_names_the_command(tmp_path: Path) -> None:
    synced(tmp_path, app())
    tree(tmp_path, app(manifest={"version": "2.0.0"}))
    result = built(tmp_path)
    (finding,) = [finding for finding in result.findings if finding.is_error]
    assert finding.code.id == "KZ302"
    assert "catalog sync-compose notes" in finding.hint


def test_an_empty_workspace_is_no_build(tmp_path: Path) -> None:
    tree(tmp_path, {"apps": None})
    with pytest.raises(UsageError, match="no extensions"):
        built(tmp_path)


def test_a_foreign_folder_in_the_place_of_the_output_is_kept(tmp_path: Path) -> None:
    synced(tmp_path, app())
    tree(tmp_path, {"out/kamiwaza-extension-registry/thesis.txt": "x"})
    with pytest.raises(ConflictError):
        built(tmp_path, out=Path("out"))
    assert (tmp_path / "out/kamiwaza-extension-registry/thesis.txt").exists()


def test_the_output_may_have_spaces_in_its_path(tmp_path: Path) -> None:
    synced(tmp_path / "my workspace", app())
    result = built(tmp_path / "my workspace", out=tmp_path / "an out put")
    assert result.root == tmp_path / "an out put" / "kamiwaza-extension-registry"


def test_registry_and_site_of_one_build_name_the_same_extensions(tmp_path: Path) -> None:
    synced(tmp_path, {**app("notes"), **app("maps")})
    result = built(tmp_path, parts=frozenset({"registry", "site"}))
    assert result.root is not None
    for name in ("notes", "maps"):
        assert (result.root / "site" / "extensions" / f"{name}.html").is_file()
    assert (result.root / "index.html").is_file()
