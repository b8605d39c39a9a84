"""Entries are what the platform's own models accept, with defaults written in and nothing of ours inside."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from kamiwaza_sdk.schemas.apps import GardenApp
from kamiwaza_sdk.schemas.tools import ToolTemplate

from catalog.model.extension import Extension, KamiwazaSource, SourceDocument
from catalog.model.manifest import read_manifest
from catalog.model.names import Kind
from catalog.registry.entry import Deployed, make_entry
from catalog.registry.layout import RepositoryVersion
from catalog.registry.registry import Entry, Registry
from catalog.registry.stage import Stage, image_tag, may_move

LEAST: dict[str, Any] = {"name": "notes", "version": "1.0.0", "source_type": "kamiwaza", "risk_tier": 0}
DEPLOYED = Deployed(compose_yml="services: {}\n", images=("a:1", "b:2"))


def extension(kind: Kind = Kind.APP, **fields: Any) -> Extension:
    raw = {**LEAST, **fields}
    directory = PurePosixPath(kind.folder, raw["name"])
    file = directory / "kamiwaza.json"
    reading = read_manifest(raw, file, raw["name"])
    assert reading.findings == ()
    source = KamiwazaSource(reading.manifest, SourceDocument(file, json.dumps(raw), raw))
    return Extension(raw["name"], kind, directory, {}, (), source)


def entry(
    kind: Kind = Kind.APP, version: RepositoryVersion = RepositoryVersion.V1, **fields: Any
) -> dict[str, Any]:
    return dict(make_entry(extension(kind, **fields), DEPLOYED, version).data)


def test_an_app_is_what_the_platforms_app_model_accepts() -> None:
    app = GardenApp.model_validate(entry(description="d", tags=["a"], env_defaults={"A": "b"}))
    assert app.compose_yml == DEPLOYED.compose_yml


def test_a_tool_with_nothing_but_an_image_is_what_the_platforms_tool_model_accepts() -> None:
    made = make_entry(extension(Kind.TOOL), Deployed("", ("x:1",), image="x:1"), RepositoryVersion.V1)
    assert ToolTemplate.model_validate(made.data).image == "x:1"
    assert "compose_yml" not in made.data


def test_defaults_are_written_into_the_entry() -> None:
    data = entry()
    assert data["visibility"] == "public"
    assert data["description"] == ""
    assert data["tags"] == data["capabilities"] == data["required_env_vars"] == []
    assert data["env_defaults"] == {}
    assert data["preferred_model_type"] == "any"
    assert data["verified"] is data["fail_if_model_type_unavailable"] is False


def test_a_null_that_means_something_survives_and_one_that_breaks_consumers_does_not() -> None:
    data = entry(preferred_model_type=None, tags=None, env_defaults=None)
    assert data["preferred_model_type"] is None
    assert data["tags"] == []
    assert data["env_defaults"] == {}


def test_the_type_is_always_written_as_template_type() -> None:
    data = entry(Kind.SERVICE, name="service-x", type="service")
    assert data["template_type"] == "service"
    assert "type" not in data


def test_unknown_fields_pass_through() -> None:
    assert entry(future={"a": [1, None]})["future"] == {"a": [1, None]}


@pytest.mark.parametrize("field", ["id", "owner_id", "created_at", "updated_at", "template_id", "revision"])
def test_fields_of_the_server_never_reach_the_entry(field: str) -> None:
    fields: dict[str, Any] = {field: "x"}
    assert field not in entry(**fields)


@pytest.mark.parametrize("field", ["x-catalog", "_extension_name", "_compose_content", "compose_yml_file"])
def test_internal_fields_never_reach_the_entry(field: str) -> None:
    fields: dict[str, Any] = {field: {}}
    assert field not in entry(**fields)


def test_only_the_first_generation_drops_the_platform_constraint() -> None:
    assert "kamiwaza_version" not in entry(kamiwaza_version=">=1.0")
    assert entry(version=RepositoryVersion.V2, kamiwaza_version=">=1.0")["kamiwaza_version"] == ">=1.0"


def test_picture_images_and_extras_are_those_of_what_is_deployed() -> None:
    deployed = Deployed("x", ("a:1", "e:2"), picture_url="/garden/p.png", extra_images=("e:2",))
    data = make_entry(
        extension(extra_docker_images=["e:1"], preview_image="p.png"), deployed, RepositoryVersion.V1
    ).data
    assert data["docker_images"] == ["a:1", "e:2"]
    assert data["extra_docker_images"] == ["e:2"]
    assert data["preview_image"] == "/garden/p.png"


def test_a_picture_that_is_not_shipped_is_not_named() -> None:
    assert "preview_image" not in entry(preview_image="/garden/default/app-garden-images/x.png")


def test_an_extension_without_a_manifest_has_no_entry() -> None:
    bare = Extension("notes", Kind.APP, PurePosixPath("apps/notes"), {}, ())
    with pytest.raises(ValueError, match=r"kamiwaza\.json"):
        make_entry(bare, DEPLOYED, RepositoryVersion.V1)


def test_services_stand_with_the_apps_and_tools_apart() -> None:
    registry = Registry.of(
        Entry(name, kind, {"name": name})
        for name, kind in (
            ("tool-x", Kind.TOOL),
            ("service-x", Kind.SERVICE),
            ("z", Kind.APP),
            ("a", Kind.APP),
        )
    )
    assert [one["name"] for one in json.loads(registry.apps_json())] == ["a", "z", "service-x"]
    assert [one["name"] for one in json.loads(registry.tools_json())] == ["tool-x"]


def test_an_empty_catalog_is_an_empty_array() -> None:
    assert Registry.of([]).apps_json() == b"[]\n"


@pytest.mark.parametrize(
    ("stage", "tag"),
    [(None, "v1.2.0"), (Stage.DEV, "1.2.0-dev"), (Stage.STAGE, "1.2.0-stage"), (Stage.PROD, "1.2.0")],
)
def test_a_stage_decides_the_tag_of_our_images(stage: Stage | None, tag: str) -> None:
    assert image_tag("1.2.0", stage) == tag


def test_only_tags_of_development_may_come_to_mean_another_image() -> None:
    assert [stage for stage in (None, *Stage) if may_move(stage)] == [Stage.DEV]


def test_each_generation_has_a_folder_of_its_own() -> None:
    gardens = {version: version.garden for version in RepositoryVersion}
    assert str(gardens[RepositoryVersion.V1].apps) == "garden/default/apps.json"
    assert str(gardens[RepositoryVersion.V2].tools) == "garden/v2/tools.json"
    assert str(gardens[RepositoryVersion.V3].pictures) == "garden/v3/images"
