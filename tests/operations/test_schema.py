"""`catalog schema`: what editors and other programs are told about our files."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.manifest import CatalogNotes, Manifest, read_manifest
from catalog.model.meanings import MEANINGS
from catalog.operations.schema import SchemaRequest, Subject, schema
from catalog.workspace.settings import TABLES
from tests.support.bundles import small_bundle, unpacked
from tests.support.speaking import said
from tests.support.trees import app, tree

SAMPLES = Path(__file__).parents[2] / "extensions"
WHOLE: dict[str, Any] = {"name": "notes", "version": "1.0.0", "source_type": "public", "risk_tier": 0}
VALUES = st.sampled_from(
    [
        *(None, True, False, 0, 1, 2, 3, -1, 1.5, "", "text", "1.0.0", "v1.0.0", "any", "public", "app"),
        *([], ["a"], [1], {}, {"a": "b"}, {"a": 1}, {"status": "deprecated"}, {"gallery": ["a.png"]}),
    ]
)
FIELDS = st.sampled_from([field.alias or name for name, field in Manifest.model_fields.items()])


def document(subject: Subject) -> dict[str, Any]:
    return schema(SchemaRequest(subject=subject)).document


def accepts(subject: Subject, value: object) -> bool:
    return jsonschema.Draft202012Validator(document(subject)).is_valid(value)


@pytest.mark.parametrize("subject", Subject)
def test_a_schema_is_one_and_says_what_it_is_of(subject: Subject) -> None:
    jsonschema.Draft202012Validator.check_schema(document(subject))
    assert document(subject)["description"].endswith(".")


def test_every_field_is_explained_and_no_other() -> None:
    fields = {field.alias or name for name, field in Manifest.model_fields.items()}
    assert set(MEANINGS) == fields | {f"x-catalog.{name}" for name in CatalogNotes.model_fields}
    properties = document(Subject.KAMIWAZA)["properties"]
    assert {name: value["description"] for name, value in properties.items()} == {
        name: meaning for name, meaning in MEANINGS.items() if name in fields
    }


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*/kamiwaza.json")), ids=lambda path: path.parent.name)
def test_every_sample_follows_its_schema(path: Path) -> None:
    assert accepts(Subject.KAMIWAZA, json.loads(path.read_text()))


@given(st.dictionaries(FIELDS, VALUES, max_size=3))
def test_whatever_is_read_without_a_finding_follows_the_schema(fields: dict[str, Any]) -> None:
    raw = WHOLE | fields
    if not read_manifest(raw, PurePosixPath("kamiwaza.json"), "notes").findings:
        assert accepts(Subject.KAMIWAZA, raw)


@pytest.mark.parametrize(
    "fields",
    [
        {"version": "v1.0.0"},
        {"version": "1.0"},
        {"risk_tier": 3},
        {"env_defaults": {"A": 1}},
        {"x-catalog": {"stars": 5}},
        {"name": ""},
    ],
)
def test_what_the_tool_refuses_an_editor_underlines(fields: dict[str, Any]) -> None:
    assert not accepts(Subject.KAMIWAZA, WHOLE | fields)


def test_a_registry_that_was_built_follows_its_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tree(tmp_path, app())
    said(capsys, "--workspace", tmp_path, "sync-compose")
    said(capsys, "--workspace", tmp_path, "build", "--registry-only")
    garden = tmp_path / "build/kamiwaza-extension-registry/garden/default"
    for name in ("apps.json", "tools.json"):
        assert accepts(Subject.REGISTRY, json.loads((garden / name).read_text()))
    assert not accepts(Subject.REGISTRY, [{"name": "notes"}])


def test_the_manifest_of_a_bundle_follows_its_schema(tmp_path: Path) -> None:
    manifest = unpacked(small_bundle(tmp_path), tmp_path / "unpacked") / "bundle.json"
    assert accepts(Subject.BUNDLE, json.loads(manifest.read_text()))


def test_a_new_workspace_tells_editors_where_the_schemas_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "init", tmp_path / "acme")
    root = tmp_path / "acme"
    mapping = json.loads((root / ".vscode/settings.json").read_text())
    (entry,) = mapping["json.schemas"]
    assert json.loads((root / entry["url"]).read_text()) == document(Subject.KAMIWAZA)
    assert entry["fileMatch"] == [f"/{kind}/*/kamiwaza.json" for kind in ("apps", "services", "tools")]
    (settings,) = mapping["evenBetterToml.schema.associations"].values()
    assert json.loads((root / settings).read_text()) == document(Subject.SETTINGS)
    assert accepts(Subject.SETTINGS, tomllib.loads((root / "catalog.toml").read_text()))


def test_people_and_programs_get_the_same_schema(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "schema", "bundle")
    assert json.loads(text) == document(Subject.BUNDLE)
    assert json.loads(said(capsys, "schema", "bundle", "--json"))["document"] == document(Subject.BUNDLE)
    assert "is not one of" in said(capsys, "schema", "nothing", code=2)


def test_the_settings_schema_takes_the_tables_that_the_tool_takes_and_no_other() -> None:
    made = document(Subject.SETTINGS)
    assert set(made["properties"]) == set(TABLES)
    assert made["additionalProperties"] is False
