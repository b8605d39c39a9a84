"""check reports all findings of one extension once, in order, and says what is deployed."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from msgspec.structs import replace

from catalog.model import codes
from catalog.model.extension import Extension
from catalog.model.names import Kind
from catalog.rules.check import check, check_for_repository
from tests.rules.builder import ORGANIZATION, by_hand, extension, source_of, with_deployment

TOOL_IMAGE = {"image": "docker.io/acme/notes:1.0"}


def test_without_a_manifest_only_reading_is_reported() -> None:
    finding = codes.SYNTAX.at(PurePosixPath("apps/Bad/kamiwaza.json"), "x")
    made = Extension("Bad", Kind.APP, PurePosixPath("apps/Bad"), {}, (finding,))
    checked = check(made, ORGANIZATION)
    assert (checked.findings, checked.expected, checked.deployed) == ((finding,), None, None)


def test_reading_transforming_and_rules_are_reported_together() -> None:
    web = {"build": ".", "ports": ["8000"], "container_name": "web"}
    made = extension(manifest={"verified": "yes", "description": ""}, development={"services": {"web": web}})
    assert [finding.code.id for finding in check(made, ORGANIZATION).findings] == ["KZ223", "KZ102", "KZ111"]


def test_findings_come_once_and_by_file_code_and_place() -> None:
    file = PurePosixPath("apps/notes/kamiwaza.json")
    read = (
        codes.FIELD_INVALID.at(file, "b", ("tags", 10)),
        codes.FIELD_INVALID.at(file, "b", ("tags", 9)),
        codes.FIELD_INVALID.at(file, "a", ("tags", "x")),
        codes.FIELD_INVALID.at(file, "b", ("tags", 9)),
        codes.FIELD_MISSING.at(file, "c"),
    )
    made = replace(extension(), findings=read)
    shown = check(made, ORGANIZATION).findings
    assert [(finding.code.id, finding.pointer) for finding in shown] == [
        ("KZ101", ()),
        ("KZ102", ("tags", 9)),
        ("KZ102", ("tags", 10)),
        ("KZ102", ("tags", "x")),
    ]


def test_the_generated_deployment_is_what_the_registry_embeds() -> None:
    checked = check(extension(), ORGANIZATION)
    assert checked.expected is not None
    assert checked.deployed is checked.expected.data
    assert checked.is_generated


def test_the_hand_written_file_is_what_the_registry_embeds() -> None:
    made = by_hand()
    checked = check(made, ORGANIZATION)
    document = source_of(made).deployment
    assert document is not None
    assert checked.deployed is document.data
    assert not checked.is_generated


def test_what_the_transform_says_of_the_development_file_is_moot_beside_a_hand_written_one() -> None:
    web = {"build": ".", "network_mode": "host", "container_name": "web"}
    document = source_of(by_hand()).deployment
    assert document is not None
    made = with_deployment(extension(development={"services": {"web": web}}), document.data)
    assert [finding.code.id for finding in check(made, ORGANIZATION).findings] == ["KZ303"]


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_deployed_where_there_is_no_compose_file(kind: Kind) -> None:
    checked = check(extension(kind=kind, development=None, manifest=TOOL_IMAGE), ORGANIZATION)
    assert (checked.expected, checked.deployed, checked.is_generated) == (None, None, False)


def test_nothing_is_deployed_where_the_transform_refuses() -> None:
    web = {"build": ".", "network_mode": "host"}
    assert check(extension(development={"services": {"web": web}}), ORGANIZATION).deployed is None


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_later_catalogs_need_a_platform_constraint(version: str) -> None:
    (finding,) = check_for_repository(check(extension(), ORGANIZATION), version)
    assert finding.code is codes.CONSTRAINT_MISSING
    assert version in finding.message
    assert finding.pointer == ("kamiwaza_version",)


@pytest.mark.parametrize(
    ("version", "constraint"), [("v1", ...), ("v2", "*"), ("v3", ">=1.0.0"), ("v2", "broken")]
)
def test_a_constraint_or_the_first_catalog_is_enough(version: str, constraint: Any) -> None:
    made = extension(manifest={"kamiwaza_version": constraint})
    assert check_for_repository(check(made, ORGANIZATION), version) == ()


def test_an_extension_without_a_manifest_is_asked_for_nothing_more() -> None:
    made = Extension("bad", Kind.APP, PurePosixPath("apps/bad"), {}, ())
    assert check_for_repository(check(made, ORGANIZATION), "v2") == ()
