"""Each sample shows one thing that others copy; here is what it promises."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

import catalog
from catalog.model.image_ref import ImageRef
from catalog.model.names import Kind
from catalog.operations.build import BuildRequest, build
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.operations.validate import ValidateRequest, validate
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.rules.variables import TEMPLATE_VARIABLES
from catalog.workspace.folders import extension_folders, listing
from catalog.workspace.library_references import references
from catalog.workspace.shared_libraries import Language, shared_libraries
from catalog.workspace.workspace import open_workspace
from scripts import draw_previews
from tests.support.trees import tree

SAMPLES = Path(catalog.__file__).parent.parent / "extensions"
FOLDERS = extension_folders(SAMPLES)
GUIDE_COMMAND = Path(__file__).with_name("guide_proxy_command.yml").read_text(encoding="utf-8")
SMALLEST_NUMBER = 9
LARGEST_PICTURE = 300_000
EACH = pytest.mark.parametrize("folder", [folder.path for folder in FOLDERS], ids=lambda path: path.name)


def manifest(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((path / "kamiwaza.json").read_text(encoding="utf-8"))
    return loaded


def compose(path: Path, name: str = "docker-compose.yml") -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((path / name).read_text(encoding="utf-8"))
    return loaded


def test_there_are_samples_enough_of_every_kind() -> None:
    assert len(FOLDERS) >= SMALLEST_NUMBER
    assert {folder.kind for folder in FOLDERS} == set(Kind)


@pytest.mark.parametrize("strict", [False, True])
def test_the_samples_validate_without_a_word(strict: bool) -> None:
    result = validate(open_workspace(SAMPLES, SAMPLES), ValidateRequest(strict=strict))
    assert result.exit_code == 0
    assert [finding.as_dict() for finding in result.findings] == []


@EACH
def test_a_sample_says_what_it_is(folder: Path) -> None:
    said = manifest(folder)
    assert said["category"]
    assert len(said["tags"]) >= len(["what it is", "what for", "how"])
    assert said["description"].endswith(".")
    for name in ("README.md", "CHANGELOG.md", said["preview_image"]):
        assert (folder / name).stat().st_size
    assert f"## {said['version']}\n" in (folder / "CHANGELOG.md").read_text(encoding="utf-8")


@EACH
def test_a_sample_tells_what_each_variable_means_in_the_manifest_and_in_the_readme(folder: Path) -> None:
    said, readme = manifest(folder), (folder / "README.md").read_text(encoding="utf-8")
    defaults = said.get("env_defaults", {})
    assert set(defaults) == set(said.get("env_metadata", {}))
    assert [name for name in defaults if f"`{name}`" not in readme] == []


@EACH
def test_a_samples_picture_is_small(folder: Path) -> None:
    assert (folder / manifest(folder)["preview_image"]).stat().st_size < LARGEST_PICTURE


def test_the_proxy_command_is_the_guides_and_survives_byte_for_byte(tmp_path: Path) -> None:
    folder = SAMPLES / "apps/status-board"
    written = (folder / "docker-compose.yml").read_text(encoding="utf-8")
    generated = (folder / "docker-compose.appgarden.yml").read_text(encoding="utf-8")
    assert GUIDE_COMMAND in written
    assert GUIDE_COMMAND in generated
    source = {f"apps/status-board/{name}": (folder / name).read_bytes() for name in ("kamiwaza.json",)}
    tree(tmp_path, {**source, "apps/status-board/docker-compose.yml": written})
    sync_compose(open_workspace(tmp_path, tmp_path), SyncRequest())
    assert GUIDE_COMMAND in (tmp_path / "apps/status-board/docker-compose.appgarden.yml").read_text()


def test_the_proxy_is_the_only_way_in() -> None:
    services = compose(SAMPLES / "apps/status-board")["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_one_sample_uses_every_template_variable_and_prefers_a_model() -> None:
    said = manifest(SAMPLES / "apps/summary-desk")
    used = re.findall(r"\{([a-z_]+)\}", " ".join(said["env_defaults"].values()))
    assert set(used) == set(TEMPLATE_VARIABLES)
    assert (said["preferred_model_type"], said["preferred_model_name"]) == ("fast", "qwen")
    (service,) = compose(SAMPLES / "apps/summary-desk")["services"].values()
    names = {entry.partition("=")[0] for entry in service["environment"]}
    assert set(said["env_defaults"]) <= names


def test_one_sample_has_pinned_images_of_others_only_and_says_that_they_never_ran() -> None:
    folder = SAMPLES / "services/service-milvus"
    services = compose(folder)["services"]
    assert set(services) == {"milvus", "etcd", "minio"}
    for service in services.values():
        assert "build" not in service
        assert ImageRef.parse(service["image"]).tag not in {"", "latest"}
        assert service["healthcheck"]
    readme = " ".join((folder / "README.md").read_text(encoding="utf-8").split())
    assert "**Milvus, MinIO and etcd 3.5 themselves were never run here.**" in readme


def test_one_tool_is_given_by_its_image_alone_which_follows_the_stage(tmp_path: Path) -> None:
    folder = SAMPLES / "tools/tool-calendar"
    assert [path.name for path in folder.glob("*compose*")] == []
    request = BuildRequest(
        out=tmp_path,
        versions=(RepositoryVersion.V1,),
        stage=Stage.DEV,
        record_history=False,
        use_cache=False,
        parts=frozenset({"registry"}),
    )
    result = build(open_workspace(SAMPLES, SAMPLES), request)
    assert result.root is not None
    entries = json.loads((result.root / "garden/default/tools.json").read_text(encoding="utf-8"))
    (entry,) = [entry for entry in entries if entry["name"] == folder.name]
    assert entry["image"] == "kamiwazaai/tool-calendar:1.0.0-dev"
    assert entry["docker_images"] == [entry["image"]]


def test_two_samples_name_the_packages_that_the_shared_libraries_become() -> None:
    libraries = shared_libraries(SAMPLES)
    assert {library.language for library in libraries} == set(Language)
    named = {
        (folder.name, library.name)
        for folder in FOLDERS
        for library in libraries
        for found in references(folder.path, listing(SAMPLES, folder).files, [library])
        for name in found.names
        if name.name.startswith(f"{library.stem}{library.version}")
    }
    assert named == {("duty-roster", "kamiwaza_auth"), ("subnet-planner", "@kamiwaza/auth")}


def test_packages_of_shared_libraries_are_not_committed() -> None:
    ignored = (SAMPLES / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/shared/python/dist/", "/shared/typescript/**/*.tgz", "/*/**/*.whl"} <= set(ignored)


def test_one_sample_has_its_own_test_runner_and_downloads_nothing_for_it() -> None:
    package = json.loads((SAMPLES / "apps/subnet-planner/package.json").read_text(encoding="utf-8"))
    assert package["scripts"]["test"] == "node --test"
    assert all(value.startswith("file:./") for value in package["dependencies"].values())
    assert "devDependencies" not in package


def test_one_sample_is_a_static_program_on_nothing() -> None:
    dockerfile = (SAMPLES / "tools/mcp-unit-convert/Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)[-1] == "scratch"
    assert "require" not in (SAMPLES / "tools/mcp-unit-convert/go.mod").read_text(encoding="utf-8")


def test_the_readme_of_the_workspace_lists_every_sample() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert [folder.name for folder in FOLDERS if f"]({folder.directory}/README.md)" not in readme] == []


def test_drawn_previews_are_pictures_of_samples(tmp_path: Path) -> None:
    names = {str(folder.directory) for folder in FOLDERS}
    assert {card.folder for card in draw_previews.CARDS} <= names
    draw_previews.draw(draw_previews.CARDS[0]).save(tmp_path / "preview.png")
    with Image.open(tmp_path / "preview.png") as picture:
        assert picture.size == draw_previews.SIZE
