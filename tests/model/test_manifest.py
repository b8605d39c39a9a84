"""kamiwaza.json is read strictly, field by field, and unknown fields pass through."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model.manifest import Manifest, read_manifest
from catalog.model.names import Kind

FILE = PurePosixPath("apps/notes/kamiwaza.json")
LEAST: dict[str, Any] = {"name": "notes", "version": "1.0.0", "source_type": "kamiwaza", "risk_tier": 0}


def codes_of(**changes: Any) -> list[str]:
    return [finding.code.id for finding in read_manifest({**LEAST, **changes}, FILE, "notes").findings]


def test_four_fields_are_enough() -> None:
    reading = read_manifest(LEAST, FILE, "notes")
    assert reading.findings == ()
    assert reading.manifest.visibility == "public"
    assert reading.manifest.preferred_model_type == "any"


@pytest.mark.parametrize("field", ["name", "version", "source_type", "risk_tier"])
def test_each_of_the_four_fields_is_required(field: str) -> None:
    raw = {key: value for key, value in LEAST.items() if key != field}
    (finding,) = read_manifest(raw, FILE, "notes").findings
    assert finding.code.id == "KZ101"
    assert field in finding.message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("risk_tier", True),
        ("risk_tier", 3),
        ("risk_tier", "1"),
        ("risk_tier", 1.0),
        ("verified", "yes"),
        ("verified", 1),
        ("source_type", "other"),
        ("visibility", "everyone"),
        ("tags", "ai"),
        ("tags", [1]),
        ("env_defaults", {"PORT": 80}),
        ("env_defaults", ["A=b"]),
        ("required_env_vars", [1]),
        ("capabilities", {}),
        ("preferred_model_type", "huge"),
        ("name", ""),
        ("name", 7),
        ("description", None),
        ("template_type", "plugin"),
        ("strip_path_prefix", "no"),
        ("x-catalog", {"status": "gone"}),
        ("x-catalog", {"unknown": 1}),
    ],
)
def test_a_wrong_type_or_value_is_a_finding_at_its_field(field: str, value: Any) -> None:
    (finding,) = read_manifest({**LEAST, field: value}, FILE, "notes").findings
    assert finding.code.id == "KZ102"
    assert finding.pointer[0] == field


@pytest.mark.parametrize("version", ["v1.0.0", "1.0", "01.0.0", ""])
def test_a_version_that_is_not_semantic_has_its_own_code(version: str) -> None:
    assert codes_of(version=version) == ["KZ103"]


def test_constraints_and_images_have_codes_of_their_own() -> None:
    assert codes_of(kamiwaza_version="^1.0") == ["KZ109"]
    assert codes_of(image="Not An Image") == ["KZ115"]
    assert codes_of(extra_docker_images=["ok:1", "NO"]) == ["KZ115"]


def test_all_findings_come_in_one_run() -> None:
    assert sorted(codes_of(version="1", risk_tier=9, tags="x")) == ["KZ102", "KZ102", "KZ103"]


def test_null_model_type_means_no_model_and_is_kept() -> None:
    assert (
        read_manifest({**LEAST, "preferred_model_type": None}, FILE, "notes").manifest.preferred_model_type
        is None
    )


def test_an_authors_own_field_notes_is_none_of_ours() -> None:
    reading = read_manifest({**LEAST, "notes": None, "x-catalog": None}, FILE, "notes")
    assert [finding.pointer for finding in reading.findings] == [("x-catalog",)]
    assert read_manifest({**LEAST, "notes": "mine"}, FILE, "notes").findings == ()


def test_unknown_fields_pass_through() -> None:
    manifest = read_manifest({**LEAST, "future": {"a": [1]}}, FILE, "notes").manifest
    assert manifest.model_extra == {"future": {"a": [1]}}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"template_type": "services"}, Kind.SERVICE),
        ({"type": "tool"}, Kind.TOOL),
        ({"template_type": "app", "type": "tool"}, Kind.APP),
        ({}, None),
    ],
)
def test_the_declared_kind_is_template_type_before_type(fields: dict[str, str], kind: Kind | None) -> None:
    assert Manifest.model_validate({**LEAST, **fields}).declared_kind is kind


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(sorted(Manifest.model_fields)) | st.text(max_size=8), JUNK, max_size=8)
)
def test_any_object_gives_a_manifest_and_findings(raw: dict[str, Any]) -> None:
    reading = read_manifest(raw, FILE, "notes")
    assert reading.manifest.name
    assert all(finding.code.id.startswith("KZ1") for finding in reading.findings)
