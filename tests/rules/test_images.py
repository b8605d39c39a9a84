"""Image references parse, and their tags say which image is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from catalog.model.names import Kind
from tests.rules.builder import by_hand, extension, found, places, the

if TYPE_CHECKING:
    from catalog.model.extension import Extension

DIGEST = "sha256:" + "a" * 64
OWN = "kamiwazaai/tool-notes"


def tool(image: str) -> Extension:
    return extension(kind=Kind.TOOL, development=None, manifest={"image": image})


@pytest.mark.parametrize("image", [OWN, f"{OWN}:1.0.0", f"{OWN}:0.1@{DIGEST}", f"docker.io/{OWN}:1.0.0"])
def test_our_image_may_have_the_version_as_its_tag_or_none(image: str) -> None:
    assert found(tool(image)) == []


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("1.0.0-dev", "one stage only"),
        ("1.0.0-stage", "one stage only"),
        ("v1.0.0", "no 'v'"),
        ("0.9.0", "version is 1.0.0"),
        ("latest", "version is 1.0.0"),
    ],
)
def test_our_image_with_another_tag_is_a_warning_that_says_why(tag: str, why: str) -> None:
    finding = the("KZ116", tool(f"{OWN}:{tag}"))
    assert not finding.is_error
    assert why in finding.message
    assert f'"{OWN}"' in finding.hint


def test_the_tag_of_somebody_elses_image_is_their_own() -> None:
    assert found(tool("ghcr.io/kamiwazaai/tool-notes:v7")) == []


def test_our_images_in_a_hand_written_file_have_this_versions_tag() -> None:
    assert found(by_hand({"image": "kamiwazaai/notes-web:v1.0.0"})) == []
    assert found(by_hand({"image": f"kamiwazaai/notes-web@{DIGEST}"})) == []
    finding = the("KZ116", by_hand({"image": "kamiwazaai/notes-web:v0.9.0"}))
    assert finding.pointer == ("services", "web", "image")
    assert "kamiwazaai/notes-web:v1.0.0" in finding.hint


@pytest.mark.parametrize(
    "image", ["registry.test:5000/a/b:1", f"redis@{DIGEST}", f"docker.io/library/redis:7@{DIGEST}"]
)
def test_registry_ports_and_digests_are_parts_of_references(image: str) -> None:
    assert found(by_hand({"image": image})) == []


@pytest.mark.parametrize("image", ["Redis:7", "${REDIS:-redis:7}", "redis:7:8", "", 7, ["redis:7"]])
def test_what_is_no_reference_is_one_error(image: Any) -> None:
    made = by_hand({"image": image})
    assert found(made) == ["KZ309"]
    assert the("KZ309", made).is_error


def test_a_service_without_an_image_is_an_error() -> None:
    assert found(by_hand({"image": ...})) == ["KZ206"]


@pytest.mark.parametrize(("image", "why"), [("redis", "no tag"), ("redis:latest", "the tag latest")])
def test_a_foreign_image_without_a_fixed_tag_is_a_warning(image: str, why: str) -> None:
    made = extension(
        development={"services": {"web": {"build": ".", "ports": [80000 // 10]}, "db": {"image": image}}}
    )
    finding = the("KZ311", made)
    assert not finding.is_error
    assert why in finding.message
    assert finding.pointer == ("services", "db", "image")


def test_images_that_only_the_manifest_names_are_looked_at_too() -> None:
    made = extension(manifest={"extra_docker_images": ["busybox:1", "alpine"]})
    assert places("KZ311", made) == [("extra_docker_images", 1)]
    assert places("KZ311", tool("alpine")) == [("image",)]
