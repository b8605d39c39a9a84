"""Each of the eleven places where the sources contradict each other, as it was decided (docs/adr/)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from catalog.model.names import Kind
from catalog.operations.build import BuildRequest, build
from catalog.operations.images_test import ImagesTestRequest, images_test
from catalog.operations.new import NewRequest, new
from catalog.operations.publish import PublishRequest, publish
from catalog.operations.sync_compose import SyncRequest, sync_compose
from catalog.registry.layout import RepositoryVersion
from catalog.registry.stage import Stage
from catalog.remote.address import parse_address
from catalog.workspace.workspace import Workspace, open_workspace
from tests.appgarden.conftest import Transformer
from tests.rules.builder import extension, found
from tests.support.fake_engine import FakeEngine, FakeImage
from tests.support.published import AllThere
from tests.support.trees import app, tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TAGS = {None: "v1.0.0", Stage.DEV: "1.0.0-dev", Stage.STAGE: "1.0.0-stage", Stage.PROD: "1.0.0"}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("cache", "state"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    (tmp_path / "store").mkdir()
    settings = f'[publish.dev]\nstore = "{(tmp_path / "store").as_uri()}"\n'
    root = tree(tmp_path / "ws", {**app(), "catalog.toml": settings})
    manifest = root / "apps/notes/kamiwaza.json"
    fields = {"name": "notes", "version": "1.0.0", "source_type": "user_repo", "risk_tier": 0}
    manifest.write_text(json.dumps({**fields, "type": "app"}), encoding="utf-8")
    found = open_workspace(root, root)
    sync_compose(found, SyncRequest())
    return found


def built(workspace: Workspace, **request: Any) -> Path:
    result = build(workspace, BuildRequest(parts={"registry"}, record_history=False, **request))
    assert result.root is not None, result.findings
    return result.root


def entry(workspace: Workspace, **request: Any) -> dict[str, Any]:
    (made,) = json.loads((built(workspace, **request) / "garden/default/apps.json").read_text())
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize("stage", TAGS)
def test_c1_registry_and_compose_have_the_tag_that_the_stage_publishes(
    workspace: Workspace, stage: Stage | None
) -> None:
    made = entry(workspace, stage=stage)
    image = f"kamiwazaai/notes-web:{TAGS[stage]}"
    assert made["docker_images"] == [image, "postgres:15-alpine"]
    assert f"image: {image}\n" in made["compose_yml"]


def test_c2_the_folder_is_default_and_v2_and_v3_are_there_on_request(workspace: Workspace) -> None:
    assert [path.name for path in (built(workspace) / "garden").iterdir()] == ["default"]
    tree(workspace.root, app(manifest={"kamiwaza_version": "*"}))
    both = built(workspace, versions=(RepositoryVersion.V1, RepositoryVersion.V2))
    assert sorted(path.name for path in (both / "garden").iterdir()) == ["default", "v2"]


def test_c3_four_fields_are_required_and_the_defaults_of_the_others_are_written(workspace: Workspace) -> None:
    made = entry(workspace)
    assert (made["visibility"], made["verified"], made["description"]) == ("public", False, "")
    assert "KZ111" in found(extension(manifest={"description": ...}))


def test_c4_a_bind_mount_of_data_becomes_the_volume_of_the_seeds_example() -> None:
    made = Transformer()("services: {backend: {image: 'a:1', volumes: ['./data:/app/data']}}")
    assert made.data is not None
    assert made.data["services"]["backend"]["volumes"] == ["backend_data:/app/data"]
    assert "backend_data" in made.data["volumes"]


def test_c5_new_adds_the_prefix_and_other_names_are_errors(workspace: Workspace) -> None:
    made = new(workspace, NewRequest(kind=Kind.TOOL, name="code-analyzer"))
    assert made.directory.name == "tool-code-analyzer"
    assert "KZ105" in found(extension(manifest={"name": "other"}))
    assert "KZ106" in found(extension("code-analyzer", Kind.TOOL))


@pytest.mark.parametrize("source_type", ["kamiwaza", "user_repo", "public"])
def test_c6_three_source_types_are_taken(source_type: str) -> None:
    assert found(extension(manifest={"source_type": source_type})) == []


@pytest.mark.parametrize(
    "url", ["https://k.test", "https://k.test/", "https://k.test/api", "https://k.test/api/v1"]
)
def test_c7_the_root_of_the_host_and_its_api_are_one_address(url: str) -> None:
    assert str(parse_address(url)) == "https://k.test/api"


class _Missing:
    """A registry that has no image."""

    def missing(self, refs: Sequence[str]) -> Mapping[str, str]:
        return dict.fromkeys(refs, "the registry does not have it")


def test_c8_images_come_first_and_without_them_no_catalog_is_published(workspace: Workspace) -> None:
    store = workspace.root.parent / "store"
    assert publish(workspace, PublishRequest(), _Missing()).exit_code == 3
    assert list(store.rglob("apps.json")) == []
    assert publish(workspace, PublishRequest(), AllThere()).exit_code == 0
    assert list(store.rglob("apps.json")) != []


def test_c9_type_is_read_after_template_type_and_written_as_template_type(workspace: Workspace) -> None:
    assert entry(workspace)["template_type"] == "app"
    assert "KZ108" in found(extension(manifest={"type": "tool"}))
    assert found(extension(manifest={"template_type": "app", "type": "app"})) == []


def test_c10_tests_run_in_a_container_of_the_built_image(workspace: Workspace) -> None:
    suite = {"tests/test_a.py": "", "requirements-dev.txt": "pytest\n"}
    tree(workspace.root, {f"apps/notes/{name}": text for name, text in suite.items()})
    engine = FakeEngine({"kamiwazaai/notes-web:v1.0.0": FakeImage(())})
    images_test(workspace, ImagesTestRequest(), engine=engine)
    (container,) = engine.ran
    assert "pytest" in " ".join(container.arguments)
    assert container.labels


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("KAMIWAZA_API_URL", ["KZ112"]),
        ("OPENAI_BASE_URL", ["KZ112"]),
        ("KAMIWAZA_APP_PORT", ["KZ112"]),
        ("KAMIWAZA_MODEL_PORT", ["KZ112"]),
        ("KAMIWAZA_DEPLOYMENT_ID", ["KZ112"]),
        ("KAMIWAZA_URL", ["KZ113"]),
        ("SERVICE_NAME", ["KZ113"]),
        ("KAMIWAZA_API_URI", []),
    ],
)
def test_c11_five_names_are_errors_others_of_the_platform_warnings(name: str, codes: list[str]) -> None:
    assert found(extension(manifest={"env_defaults": {name: "value"}})) == codes
